-- app.promos_of_batch(p_org, p_batch, p_after, p_limit) -> (id, code), in the order of ids
-- p_after: the last of the page before, or null.
create or replace function app.promos_of_batch(p_org int, p_batch uuid, p_after uuid, p_limit int)
returns table (id uuid, code text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select p.id, p.code from app.promo_codes p
    where p.org = p_org and p.batch = p_batch and (p_after is null or p.id > p_after) order by p.id limit p_limit;
end $$;
