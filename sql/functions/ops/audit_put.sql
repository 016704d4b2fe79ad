-- ops.audit_put(p_org, p_actor, p_action, p_object, p_version, p_request, p_body)
-- One audit row in the caller's transaction. jsonb's text form is canonical:
-- keys sorted, no duplicates, one spelling of each value.
create or replace function ops.audit_put(p_org int, p_actor text, p_action text, p_object uuid, p_version int,
    p_request text, p_body jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.audit (org, actor, action, object_id, version, request_id, body, recorded_at)
    values (p_org, p_actor, p_action, p_object, p_version, p_request, p_body::text, ops.now());
end $$;
