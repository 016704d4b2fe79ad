-- ops.broken_cancelled_gives_back(p_limit, p_recent_s) -> (org, object, detail)
-- A cancelled event has its batch, and a job works at it until it ends, unless
-- an operator has paused it; it has every paid order of the event, and nothing
-- is left of one that it says is done; when it has ended, of one that is not
-- listed as failed nothing is left but what is disputed.
-- Reads the events that are cancelled, and all orders of those whose batch is
-- under way, or began or ended in the span.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_cancelled_gives_back(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select v.org, 'event ' || v.id, 'it is cancelled, and no batch gives its money back'
    from app.organizers z join app.events v on v.org = z.org
    where v.status = 'cancelled' and not exists (select from app.batches b where b.org = v.org and b.event_id = v.id)
    union all
    select b.org, 'event ' || b.event_id, format('it is cancelled, and no job works at its batch %s', b.id)
    from app.organizers z join app.batches b on b.org = z.org
    where b.ended_at is null and not b.paused and not exists (select from ops.jobs j
        where j.org = b.org and j.kind = 'refund_batch' and j.object_id = b.id and j.buried_at is null)
    union all
    select o.org, 'order ' || o.id, case when x.order_id is null then format('its event is cancelled, and the batch %s does not have it', b.id)
        else format('it is %s, and done in the batch %s of its cancelled event', o.status, b.id) end
    from app.organizers z join app.batches b on b.org = z.org
    join app.orders o on o.org = b.org and o.event_id = b.event_id
    left join app.batch_orders x on x.org = o.org and x.batch_id = b.id and x.order_id = o.id
    left join app.refunds r on r.org = x.org and r.id = x.refund_id
    where b.planned and (b.ended_at is null or greatest(b.created_at, b.ended_at) >= v_since) and o.paid_at is not null
      and (x.order_id is null or (o.status <> 'refunded' and o.disputed = 0
          and (x.state = 'nothing' or (x.state = 'made' and r.status = 'succeeded'))))
    union all
    select o.org, 'order ' || o.id, format('%s of it are left, and the batch %s of its cancelled event has ended and calls it %s', l.amount, b.id, x.state)
    from app.organizers z join app.batches b on b.org = z.org
    join app.batch_orders x on x.org = b.org and x.batch_id = b.id
    join app.orders o on o.org = x.org and o.id = x.order_id
    left join app.refunds r on r.org = x.org and r.id = x.refund_id
    cross join lateral (select sum(app.ticket_left(t.org, o.id, t.id)) as amount from app.tickets t where t.org = o.org and t.order_id = o.id) l
    where greatest(b.created_at, b.ended_at) >= v_since and b.ended_at is not null and (o.disputed > 0 or x.state in ('waiting', 'disputed'))
      and x.state <> 'failed' and (x.state <> 'made' or r.status <> 'failed')
      and l.amount > 0 and l.amount <= o.total - o.refunded - o.disputed
    limit p_limit;
end $$;
