-- ledger.tail_starts(p_org) -> (node, xid)
-- The nodes that wrote entries of this organizer, and from which transaction on
-- theirs are in no checkpoint: the tail is what has xid >= that. From node to
-- node by index: there are one or two. Inner function.
create or replace function ledger.tail_starts(p_org int) returns table (node bigint, xid xid8)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 2
as $$
declare
    v_from bigint := -9223372036854775808;
    v_node bigint;
begin
    loop
        select e.node into v_node from ledger.entries e where e.org = p_org and e.node >= v_from order by e.node limit 1;
        exit when not found;
        return query select v_node, coalesce((select h.xid from ledger.horizons h where h.org = p_org and h.node = v_node), '0'::xid8);
        v_from := v_node + 1;
    end loop;
end $$;
