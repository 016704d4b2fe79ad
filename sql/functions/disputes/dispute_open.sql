-- app.dispute_open(p_org, p_capture) -> whether a dispute of the charge has taken money and is not decided. Inner function.
create or replace function app.dispute_open(p_org int, p_capture uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from app.disputes d where d.org = p_org and d.capture_id = p_capture and d.moved and d.ended_at is null);
end $$;
