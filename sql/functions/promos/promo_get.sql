-- app.promo_get(p_org, p_id) -> the row, the organizer's id and currency, and what the code has done; or none
-- times_redeemed: its live slots. discount_given: on paid orders.
create or replace function app.promo_get(p_org int, p_id uuid)
returns table (promo app.promo_codes, organizer_id uuid, currency text, times_redeemed bigint, discount_given bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select p, o.id, o.currency, u.live, u.given
    from app.promo_codes p join app.organizers o on o.org = p.org
    cross join lateral app.promo_done(p_org, p.id) u
    where p.org = p_org and o.org = p_org and p.id = p_id;
end $$;
