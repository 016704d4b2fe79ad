-- app.order_has_entry(p_org, p_order, p_effect) -> whether the order has such an entry, whose object it is
create or replace function app.order_has_entry(p_org int, p_order uuid, p_effect text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from ledger.entries e where e.org = p_org and e.effect = p_effect and e.object_id = p_order);
end $$;
