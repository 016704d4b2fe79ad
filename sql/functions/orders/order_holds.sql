-- app.order_holds(p_org, p_order) -> (pending, reserve)
-- What the organizer has of this order in its hold period and in reserve: the
-- sum over the order's entries. The caller that acts on it holds the order's lock.
create or replace function app.order_holds(p_org int, p_order uuid) returns table (pending bigint, reserve bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select -coalesce(sum(e.amounts[array_position(e.accounts, 'organizer_pending')]), 0)::bigint,
        -coalesce(sum(e.amounts[array_position(e.accounts, 'organizer_reserve')]), 0)::bigint
    from ledger.entries e where e.org = p_org and e.order_id = p_order;
end $$;
