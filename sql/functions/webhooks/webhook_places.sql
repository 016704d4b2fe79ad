-- app.webhook_places(p_ids, p_gateways) -> gateway/id of each, in their order
-- Two gateways may use the same id: a set of events is told by both. Inner function.
create or replace function app.webhook_places(p_ids text[], p_gateways text[]) returns text[]
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return array(select u.gateway || '/' || u.id from unnest(p_ids, p_gateways) with ordinality u (id, gateway, n) order by u.n);
end $$;
