-- ops.house_get() -> (epoch, house, recovering)
create or replace function ops.house_get() returns table (epoch uuid, house uuid, recovering boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select e.epoch, e.house, e.recovering from ops.epoch e;
end $$;
