-- app.inventory_give(p_org, p_type, p_quantity)
-- Released tickets go to one bucket, any that nobody has locked.
create or replace function app.inventory_give(p_org int, p_type uuid, p_quantity bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_start int := floor(random() * 16);
    v_bucket int;
begin
    select b.bucket into v_bucket from app.ticket_buckets b
    where b.org = p_org and b.type_id = p_type order by (b.bucket + v_start) % 16 limit 1 for update skip locked;
    v_bucket := coalesce(v_bucket, 0);
    update app.ticket_buckets set remaining = remaining + p_quantity
    where org = p_org and type_id = p_type and bucket = v_bucket;
end $$;
