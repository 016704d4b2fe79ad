-- app.dispute_overs(p_org, p_order) -> (object, refund, open, fees_back, rest), in the order in which they were booked
-- What disputes that are open or lost, and refunds made at the gateway's or booked
-- after a restore had cut them off, took beyond what the order held, and nothing that came back has paid for yet. The caller holds the order's lock.
create or replace function app.dispute_overs(p_org int, p_order uuid)
returns table (object uuid, refund boolean, open boolean, fees_back boolean, rest bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select x.object, x.refund, x.open, x.fees_back, x.rest from (
        select d.id as object, false as refund, d.status not in ('lost', 'accepted') as open, true as fees_back, d.over - d.covered as rest, d.opened_at as at
        from app.disputes d where d.org = p_org and d.order_id = p_order and d.moved and d.status <> 'won'
        union all
        select r.id, true, false, r.fees_back, r.over - r.covered, r.created_at
        from app.refunds r where r.org = p_org and r.order_id = p_order and r.status <> 'failed') x
    where x.rest > 0 order by x.at, x.object;
end $$;
