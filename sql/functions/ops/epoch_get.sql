-- ops.epoch_get() -> (epoch, recovering)
create or replace function ops.epoch_get() returns table (epoch uuid, recovering boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select e.epoch, e.recovering from ops.epoch e;
end $$;
