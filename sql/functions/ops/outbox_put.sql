-- ops.outbox_put(p_org, p_type, p_object, p_version, p_body)
-- What must reach somebody, in the transaction that made it true. Ids only.
create or replace function ops.outbox_put(p_org int, p_type text, p_object uuid, p_version int, p_body jsonb)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.outbox (org, type, object_id, version, body, created_at)
    values (p_org, p_type, p_object, p_version, p_body::text, ops.now());
end $$;
