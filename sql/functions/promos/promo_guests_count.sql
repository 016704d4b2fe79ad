-- app.promo_guests_count(p_org, p_promo)
-- A code limits guests from now on: counts what each has of it. While it had no
-- such limit nobody counted, and rows of an earlier limit are out of date. The
-- caller has its buckets' locks (promo_buckets_change); a second for a million uses.
create or replace function app.promo_guests_count(p_org int, p_promo uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.promo_guests set uses = 0 where org = p_org and promo_id = p_promo and uses > 0;
    insert into app.promo_guests as g (org, promo_id, guest_key, uses)
    select p_org, p_promo, u.guest_key, count(*)
    from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
    where u.org = p_org and o.org = p_org and u.promo_id = p_promo and u.returned_at is null and o.status not in ('expired', 'cancelled')
    group by u.guest_key
    on conflict (org, promo_id, guest_key) do update set uses = excluded.uses;
end $$;
