-- app.promos_list(p_org, p_batch, p_code, p_active, p_before_at, p_before_id, p_limit) -> as promo_get, newest first
-- Each filter may be null. p_code: in any case.
create or replace function app.promos_list(p_org int, p_batch uuid, p_code text, p_active boolean, p_before_at timestamptz,
    p_before_id uuid, p_limit int)
returns table (promo app.promo_codes, organizer_id uuid, currency text, times_redeemed bigint, discount_given bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select p.promo, o.id, o.currency, u.live, u.given
    from (
        select c as promo from app.promo_codes c
        where c.org = p_org and (p_batch is null or c.batch = p_batch) and (p_code is null or c.code_normal = upper(p_code))
          and (p_active is null or c.active = p_active)
          and (p_before_at is null or (c.created_at, c.id) < (p_before_at, p_before_id))
        order by c.created_at desc, c.id desc limit p_limit) p
    join app.organizers o on o.org = p_org
    cross join lateral app.promo_done(p_org, (p.promo).id) u
    order by (p.promo).created_at desc, (p.promo).id desc;
end $$;
