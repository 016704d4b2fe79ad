-- app.evidence_put(p_org, p_dispute, p_id, p_kind, p_fields, p_media_type, p_size, p_sha256, p_body, p_most, p_actor, p_request) -> created_at
-- Keeps a text or file for a dispute, in place of what was given for the same
-- fields before. p_most: the most bytes that a dispute may have of this kind.
-- Raises BX003, BX022, BX034, BX035 (evidence_lock), BX036 (too much).
create or replace function app.evidence_put(p_org int, p_dispute uuid, p_id uuid, p_kind text, p_fields text[], p_media_type text,
    p_size bigint, p_sha256 text, p_body bytea, p_most bigint, p_actor text, p_request text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes := app.evidence_lock(p_org, p_dispute, true);
    v_size bigint;
    v_id uuid;
    v_fields text[];
begin
    delete from app.evidence e where e.org = p_org and e.dispute_id = p_dispute and e.kind <> 'pack' and e.fields <@ p_fields;
    for v_id, v_fields in
        select e.id, array(select f from unnest(e.fields) f where f <> all (p_fields) order by f) from app.evidence e
        where e.org = p_org and e.dispute_id = p_dispute and e.fields && p_fields
    loop
        update app.evidence set fields = v_fields where org = p_org and id = v_id;
    end loop;
    select coalesce(sum(e.size), 0) into v_size from app.evidence e where e.org = p_org and e.dispute_id = p_dispute and e.kind = p_kind;
    if v_size + p_size > p_most then
        raise exception using errcode = 'BX036', message = format('the dispute would have %s bytes of %ss; its gateway takes %s', v_size + p_size,
            p_kind, p_most);
    end if;
    insert into app.evidence (org, id, dispute_id, kind, fields, media_type, size, sha256, body, created_at)
    values (p_org, p_id, p_dispute, p_kind, p_fields, p_media_type, p_size, p_sha256, p_body, v_now);
    perform ops.audit_put(p_org, p_actor, 'dispute.evidence', p_dispute, v_row.version, p_request,
        jsonb_build_object('evidence', p_id, 'kind', p_kind, 'fields', p_fields, 'size', p_size, 'sha256', p_sha256));
    return v_now;
end $$;
