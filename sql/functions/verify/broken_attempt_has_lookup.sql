-- ops.broken_attempt_has_lookup(p_limit, p_recent_s) -> (org, object, detail)
-- An attempt that is sending or unknown has the job that finds out what became of it.
-- Reads the payments that payments_recent gives.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_attempt_has_lookup(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, case p.kind when 'refund' then 'refund ' else 'payment ' end || p.id,
        format('it is %s, and no job looks it up', p.state)
    from ops.payments_recent(p_recent_s, '{sending,unknown}') p
    where not exists (select from ops.jobs j where j.org = p.org and j.kind = 'payment_lookup' and j.object_id = p.id)
    limit p_limit;
end $$;
