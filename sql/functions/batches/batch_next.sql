-- app.batch_next(p_org, p_batch, p_rate, p_open, p_limit) -> (verdict, orders)
-- Whose turn it is, the highest risk first: no more than p_rate orders are tried
-- in a second, and none while p_open refunds of the organizer are on their way
-- to the gateway, so that they neither pile up nor keep others waiting; one that
-- a worker has or soon takes: what backs off for longer keeps nobody waiting. A
-- try of a time to come is one from before the clock was set back.
--   verdict  go        these
--            slow      some wait, but not now
--            settling  all were tried, refunds are on their way
--            done      nothing is left to do
--            paused    by an operator
create or replace function app.batch_next(p_org int, p_batch uuid, p_rate bigint, p_open bigint, p_limit bigint)
returns table (verdict text, orders uuid[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_since timestamptz := v_now - interval '1 second';
    v_soon timestamptz := v_now + interval '1 minute';
    v_free bigint;
begin
    if not exists (select from app.batches b where b.org = p_org and b.id = p_batch and not b.paused) then
        return query select 'paused', '{}'::uuid[];
        return;
    end if;
    select least(p_limit, p_rate - count(*)) into v_free from app.batch_orders x
    where x.org = p_org and x.batch_id = p_batch and x.tried_at > v_since and x.tried_at <= v_now;
    select least(v_free, p_open - count(*)) into v_free from ops.jobs j
    where j.org = p_org and j.kind = 'refund_send' and j.buried_at is null and (j.due_at <= v_soon or j.leased_until > v_now);
    orders := array(select x.order_id from app.batch_orders x where x.org = p_org and x.batch_id = p_batch and x.state = 'waiting'
        order by x.risk desc, x.order_id limit greatest(v_free, 0));
    verdict := case when cardinality(orders) > 0 then 'go'
        when exists (select from app.batch_orders x where x.org = p_org and x.batch_id = p_batch and x.state = 'waiting') then 'slow'
        when exists (select from app.batch_orders x join app.refunds r on r.org = x.org and r.id = x.refund_id
            where x.org = p_org and r.org = p_org and x.batch_id = p_batch and r.status = 'pending') then 'settling'
        else 'done' end;
    return next;
end $$;
