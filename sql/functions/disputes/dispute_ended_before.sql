-- app.dispute_ended_before(p_org, p_id, p_at) -> whether it had ended by then
create or replace function app.dispute_ended_before(p_org int, p_id uuid, p_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from app.disputes d where d.org = p_org and d.id = p_id and d.ended_at < p_at);
end $$;
