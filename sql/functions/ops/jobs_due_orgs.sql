-- ops.jobs_due_orgs(p_limit) -> org
-- Organizers with due work, the longest due first; without locks. Step one of a claim.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.jobs_due_orgs(p_limit int) returns table (org int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_business timestamptz := ops.now();
begin
    return query
        select j.org from ops.jobs j
        where j.buried_at is null and j.due_at <= greatest(v_business, now())
          and j.due_at <= case when j.business then v_business else now() end
          and (j.leased_until is null or j.leased_until < now())
        group by j.org order by min(j.due_at) limit p_limit;
end $$;
