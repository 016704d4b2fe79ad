-- ops.broken_refund_is_carried(p_limit, p_recent_s) -> (org, object, detail)
-- A refund that is promised has a job, not given up on, that carries it to the
-- gateway, and is there within a day; it has its entry; one that has succeeded
-- was made, once.
-- Reads the refunds of the span, by index, with their jobs, entries and attempts.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_refund_is_carried(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select r.org, 'refund ' || r.id, case when r.status = 'pending' and j.kind is null then 'nothing carries it to the gateway'
        when r.status = 'pending' and a.made = 0 and e.id is not null then format('was promised at %s', r.created_at)
        when e.id is null then 'has no entry' else format('is %s, and was made %s times', r.status, a.made) end
    from app.organizers z join app.refunds r on r.org = z.org
    left join ops.jobs j on j.org = r.org and j.kind = 'refund_send' and j.object_id = r.id and j.buried_at is null
    left join ledger.entries e on e.org = r.org and e.effect = 'refund' and e.object_id = r.id
    cross join lateral (select count(*) as made from app.payments p where p.org = r.org and p.refund_id = r.id and p.state = 'succeeded') a
    where r.created_at >= v_since and ((r.status = 'pending' and (j.kind is null or r.created_at < ops.now() - interval '1 day')) or (r.list > 0 and e.id is null)
        or (r.status = 'pending' and a.made > 0) or (r.status = 'failed' and a.made > 0)
        or (r.status = 'succeeded' and r.amount > 0 and a.made <> 1 and j.kind is null))
    limit p_limit;
end $$;
