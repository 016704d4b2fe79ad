-- app.batch_counts(p_org, p_batch) -> (total, waiting, pending, done, disputed, failed, amount)
-- How far a batch is: total is the sum of the five that follow. pending: refunds
-- on their way; done: nothing is left to give back; disputed: what is left is in
-- an open dispute; amount: of all refunds
-- that it made (of an order that was disputed, two), but those that failed.
create or replace function app.batch_counts(p_org int, p_batch uuid)
returns table (total bigint, waiting bigint, pending bigint, done bigint, disputed bigint, failed bigint, amount bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select count(*), count(*) filter (where x.state = 'waiting'), count(*) filter (where x.state = 'made' and r.status = 'pending'),
        count(*) filter (where x.state = 'nothing' or (x.state = 'made' and r.status = 'succeeded' and not o.disputed)),
        count(*) filter (where x.state = 'disputed' or (x.state = 'made' and r.status = 'succeeded' and o.disputed)),
        count(*) filter (where x.state = 'failed' or (x.state = 'made' and r.status = 'failed')),
        coalesce(sum(a.amount), 0)::bigint
    from app.batch_orders x left join app.refunds r on r.org = x.org and r.id = x.refund_id
    cross join lateral (select sum(y.amount)::bigint as amount from app.refunds y
        where y.org = p_org and y.order_id = x.order_id and y.actor = 'cancellation' and y.status <> 'failed') a
    cross join lateral (select exists (select from app.disputes d where d.org = p_org and d.order_id = x.order_id and d.moved
        and d.status not in ('won', 'lost', 'accepted')) as disputed) o
    where x.org = p_org and x.batch_id = p_batch;
end $$;
