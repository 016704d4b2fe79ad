-- ops.holds_untimely(p_effect, p_limit, p_recent_s) -> (org, object, detail)
-- What broken_matured_on_time (matured) and broken_released_on_time
-- (reserve_released) tell: entries that came before their day, and orders of
-- events that are over which have something there still though its day has
-- passed by five minutes, or is planned by nothing. (In a test installation
-- whose clock has just been moved, until the job has run.) An event that is over
-- and not completed is told by broken_over_is_completed.
-- Reads the entries of the span, by index, and the orders of holds_to_ask, one by one.
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
    select e.org, 'order ' || e.object_id, x.wrong
    from app.organizers z join ledger.entries e on e.org = z.org
    cross join lateral ops.freed_early(e.org, e.object_id, p_effect, e.recorded_at) x (wrong)
    where e.recorded_at >= v_since and e.effect = p_effect and x.wrong is not null
    union all
    select z.org, 'order ' || c.id, x.wrong
    from app.organizers z
    cross join lateral (select distinct h.id from ops.holds_to_ask(z.org, v_since, v_late) h (id)) c
    cross join lateral ops.kept_late(z.org, c.id, p_effect, v_late) x (wrong)
    where x.wrong is not null
    limit p_limit;
end $$;
