-- app.promo_retake(p_org, p_order)
-- Takes again the slots of an order that gave them back, for a charge that came
-- late. Raises BX024, BX026 (promo_take_one).
create or replace function app.promo_retake(p_org int, p_order uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_use app.promo_uses;
begin
    for v_use in
        select * from app.promo_uses u where u.org = p_org and u.order_id = p_order and u.returned_at is null order by u.promo_id
    loop
        perform app.promo_take_one(p_org, v_use.promo_id, null, v_use.code, v_use.discount, v_use.guest_key);
    end loop;
end $$;
