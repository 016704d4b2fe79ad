-- app.promos_list_all(p_code, p_active, p_before_at, p_before_id, p_limit) -> as promos_list, of every organizer
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.promos_list_all(p_code text, p_active boolean, p_before_at timestamptz, p_before_id uuid,
    p_limit int)
returns table (promo app.promo_codes, organizer_id uuid, currency text, times_redeemed bigint, discount_given bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select p.promo, o.id, o.currency, u.live, u.given
    from (
        select c as promo from app.promo_codes c
        where (p_code is null or c.code_normal = upper(p_code)) and (p_active is null or c.active = p_active)
          and (p_before_at is null or (c.created_at, c.id) < (p_before_at, p_before_id))
        order by c.created_at desc, c.id desc limit p_limit) p
    join app.organizers o on o.org = (p.promo).org
    cross join lateral app.promo_done((p.promo).org, (p.promo).id) u
    order by (p.promo).created_at desc, (p.promo).id desc;
end $$;
