-- app.promo_done(p_org, p_promo) -> (live, given): its live slots, and what is left of its discount on paid orders
-- The two figures that every view of a code has; promos_usage has all of them, at several times the cost.
create or replace function app.promo_done(p_org int, p_promo uuid) returns table (live bigint, given bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select count(*) filter (where k.state <> 'back'), coalesce(sum(k.discount) filter (where k.state <> 'waits'), 0)::bigint
    from app.promo_kept(p_org, array[p_promo]) k;
end $$;
