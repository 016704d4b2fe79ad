-- app.organizer_terms(p_org, p_terms) -> the hash by which orders name this text; null for none
-- Keeps the text for ever. Inner function of organizer_create and _update.
create or replace function app.organizer_terms(p_org int, p_terms text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_hash text := encode(sha256(convert_to(p_terms, 'UTF8')), 'hex');
    v_now timestamptz := ops.now();
begin
    if p_terms is not null then
        insert into app.terms (org, sha256, body, created_at) values (p_org, v_hash, p_terms, v_now) on conflict do nothing;
    end if;
    return v_hash;
end $$;
