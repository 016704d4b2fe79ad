-- ops.jobs_list(p_limit) -> jobs, buried ones first. For operators.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.jobs_list(p_limit int) returns setof ops.jobs
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from ops.jobs j order by j.buried_at is null, j.due_at limit p_limit;
end $$;
