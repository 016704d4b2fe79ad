-- app.organizer_create(p_org, p_doc, p_actor, p_request) -> the row
-- p_doc: the columns of app.organizers as JSON; number and id come from the caller.
create or replace function app.organizer_create(p_org int, p_doc jsonb, p_actor text, p_request text)
returns setof app.organizers
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_new app.organizers := jsonb_populate_record(null::app.organizers, p_doc);
begin
    v_new.org := p_org;
    v_new.verification := 'pending';
    v_new.version := 1;
    v_new.created_at := ops.now();
    if not exists (select 1 from pg_timezone_names z where z.name = v_new.time_zone) then
        raise exception using errcode = 'BX001', message = '/time_zone: there is no such time zone';
    end if;
    v_new.terms_sha256 := app.organizer_terms(p_org, v_new.terms);
    insert into app.organizers values (v_new.*);
    perform ops.audit_put(p_org, p_actor, 'organizer.created', v_new.id, 1, p_request, to_jsonb(v_new) - 'name' - 'email' - 'terms');
    return next v_new;
end $$;
