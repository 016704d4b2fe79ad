-- app.batch_failures(p_org, p_batch, p_limit) -> orders that an operator must look at, and why. For operators.
create or replace function app.batch_failures(p_org int, p_batch uuid, p_limit int)
returns table (order_id uuid, refund_id uuid, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select x.order_id, x.refund_id, coalesce(x.detail, 'the gateway refused it')
    from app.batch_orders x left join app.refunds r on r.org = x.org and r.id = x.refund_id
    where x.org = p_org and x.batch_id = p_batch and (x.state = 'failed' or (x.state = 'made' and r.status = 'failed'))
    order by x.risk desc, x.order_id limit p_limit;
end $$;
