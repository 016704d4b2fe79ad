-- app.risk_set(p_org, p_object, p_kind, p_figures, p_level, p_reserve_bps, p_reserve_days, p_reason, p_request) -> whether the level has changed
-- What was counted, and what follows from it for new sales. A change of level
-- or of what is kept is told: to the audit log, and the organizer.
create or replace function app.risk_set(p_org int, p_object uuid, p_kind text, p_figures bigint[], p_level text, p_reserve_bps bigint,
    p_reserve_days bigint, p_reason text, p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_old app.risks;
    v_moved boolean;
    v_version int;
    v_organizer uuid;
begin
    insert into app.risks (org, object_id, kind, level, figures, reserve_bps, reserve_days, reason, since, computed_at, version)
    values (p_org, p_object, p_kind, 'normal', p_figures, 0, 0, null, v_now, v_now, 0) on conflict (org, object_id) do nothing;
    select * into v_old from app.risks r where r.org = p_org and r.object_id = p_object for update;
    v_moved := v_old.level <> p_level;
    v_version := v_old.version + 1;
    update app.risks set figures = p_figures, level = p_level, reserve_bps = p_reserve_bps, reserve_days = p_reserve_days, reason = p_reason,
        since = case when v_moved then v_now else v_old.since end, computed_at = v_now, version = v_version
    where org = p_org and object_id = p_object;
    if v_moved or (v_old.reserve_bps, v_old.reserve_days) <> (p_reserve_bps, p_reserve_days) then
        select z.id into v_organizer from app.organizers z where z.org = p_org;
        perform ops.audit_put(p_org, 'jobs', 'organizer.risk_changed', p_object, v_version, p_request, jsonb_build_object('kind', p_kind,
            'level', p_level, 'was', v_old.level, 'reserve_bps', p_reserve_bps, 'reserve_days', p_reserve_days, 'reason', p_reason, 'figures', p_figures));
        perform ops.outbox_put(p_org, 'organizer.risk_changed', p_object, v_version, jsonb_build_object('organizer', v_organizer,
            'event', case when p_kind = 'event' then p_object end, 'level', p_level));
    end if;
    return v_moved;
end $$;
