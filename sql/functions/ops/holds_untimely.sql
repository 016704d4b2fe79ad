-- ops.holds_untimely(p_effect, p_limit, p_recent_s) -> (org, object, detail)
-- What broken_matured_on_time (matured) and broken_released_on_time
-- (reserve_released) tell, from orders, events and entries alone: entries that
-- came before their day, and orders of events that are over whose day has
-- passed by five minutes and that have something there still. (In a test
-- installation whose clock has just been moved, until the job has run.)
-- Reads the entries of the span and the orders made in it, by index, and whatever is overdue in app.maturities.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.holds_untimely(p_effect text, p_limit int, p_recent_s bigint)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
    v_late timestamptz := ops.now() - interval '5 min';
begin
    return query
    select e.org, 'order ' || e.object_id, format('%s at %s, before its day %s', p_effect, e.recorded_at, x.day)
    from app.organizers z join ledger.entries e on e.org = z.org
    cross join lateral app.order_dates(e.org, e.object_id) d
    cross join lateral (select case p_effect when 'matured' then d.matures_at else d.releases_at end as day) x
    where e.recorded_at >= v_since and e.effect = p_effect and e.recorded_at < x.day
    union all
    select o.org, 'order ' || o.id, format('has %s yet, and its day was %s', x.held, x.day)
    from app.organizers z
    cross join lateral (select y.id from app.orders y where y.org = z.org and y.created_at >= v_since
        union select m.order_id from app.maturities m where m.org = z.org and m.due_at < v_late) c
    join app.orders o on o.org = z.org and o.id = c.id and o.paid_at is not null
    join app.events v on v.org = o.org and v.id = o.event_id and v.status = 'completed'
    cross join lateral app.order_holds(o.org, o.id) h
    cross join lateral app.order_dates(o.org, o.id) d
    cross join lateral (select case p_effect when 'matured' then h.pending else h.reserve end as held,
        case p_effect when 'matured' then d.matures_at else d.releases_at end as day) x
    where x.held <> 0 and x.day < v_late
    limit p_limit;
end $$;
