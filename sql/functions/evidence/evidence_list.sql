-- app.evidence_list(p_org, p_dispute) -> what the dispute has, without its bytes, the oldest first
create or replace function app.evidence_list(p_org int, p_dispute uuid)
returns table (id uuid, kind text, fields text[], media_type text, size bigint, sha256 text, gateway_file text, refused text,
    created_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select e.id, e.kind, e.fields, e.media_type, e.size, e.sha256, e.gateway_file, e.refused, e.created_at
    from app.evidence e where e.org = p_org and e.dispute_id = p_dispute
    order by e.created_at, e.id;
end $$;
