-- ops.broken_answer_is_carried(p_limit, p_recent_s) -> (org, object, detail)
-- What was to answer a dispute has a job, not given up on, that carries it to
-- the gateway; what was submitted has its frozen pack; and of a due date that
-- is more than a day away somebody will be reminded.
-- Reads the disputes of the span, by index, with their jobs and packs.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_answer_is_carried(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_since timestamptz := coalesce(v_now - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select d.org, 'dispute ' || d.id, case when d.answer in ('submitting', 'accepting') and s.kind is null then 'nothing carries its answer to the gateway'
        when d.answer <> 'none' and p.id is null then 'was submitted without a pack' else 'nobody is reminded of its due date' end
    from app.organizers z join app.disputes d on d.org = z.org
    left join ops.jobs s on s.org = d.org and s.kind = 'evidence_send' and s.object_id = d.id and s.buried_at is null
    left join ops.jobs r on r.org = d.org and r.kind = 'evidence_due' and r.object_id = d.id and r.buried_at is null
    left join app.evidence p on p.org = d.org and p.dispute_id = d.id and p.kind = 'pack'
    where d.created_at >= v_since and ((d.answer in ('submitting', 'accepting') and s.kind is null)
        or (d.answer in ('submitting', 'submitted') and p.id is null)
        or ((d.answer = 'none' or d.by_hand) and d.status in ('warning', 'needs_response') and d.due_by > v_now + interval '1 day' and r.kind is null))
    limit p_limit;
end $$;
