-- app.promo_unreturn(p_org, p_order)
-- The refund that gave an order's slots back has failed: they are its again.
-- One that another buyer has by now stays given back.
create or replace function app.promo_unreturn(p_org int, p_order uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_use app.promo_uses;
begin
    for v_use in
        select * from app.promo_uses u where u.org = p_org and u.order_id = p_order and u.returned_at is not null order by u.promo_id
    loop
        begin
            perform app.promo_take_one(p_org, v_use.promo_id, null, v_use.code, v_use.discount, v_use.guest_key);
            update app.promo_uses set returned_at = null where org = p_org and order_id = p_order and promo_id = v_use.promo_id;
        exception when sqlstate 'BX024' or sqlstate 'BX026' then
            null;
        end;
    end loop;
end $$;
