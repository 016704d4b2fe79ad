-- app.organizer_verify(p_org, p_status, p_licence, p_licence_expires, p_reason, p_actor, p_request) -> the row
create or replace function app.organizer_verify(p_org int, p_status text, p_licence text, p_licence_expires date,
    p_reason text, p_actor text, p_request text) returns setof app.organizers
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.organizers;
begin
    select * into v_row from app.organizers o where o.org = p_org for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such organizer';
    end if;
    v_row.version := v_row.version + 1;
    update app.organizers set verification = p_status, licence_number = p_licence, licence_expires_on = p_licence_expires,
        verification_reason = p_reason, version = v_row.version
    where org = p_org returning * into v_row;
    perform ops.audit_put(p_org, p_actor, 'organizer.verification_changed', v_row.id, v_row.version, p_request,
        jsonb_build_object('status', p_status, 'licence_expires_on', p_licence_expires, 'reason', p_reason));
    perform ops.outbox_put(p_org, 'organizer.verification_changed', v_row.id, v_row.version,
        jsonb_build_object('organizer', v_row.id, 'status', p_status));
    return next v_row;
end $$;
