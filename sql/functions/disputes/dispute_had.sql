-- app.dispute_had(p_org, p_capture) -> what the guest has of a charge that no order took by lost disputes, and is not booked as such yet
-- Inner function.
create or replace function app.dispute_had(p_org int, p_capture uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_lost bigint;
begin
    select coalesce(sum(d.amount), 0) into v_lost from app.disputes d
    where d.org = p_org and d.capture_id = p_capture and d.moved and d.status in ('lost', 'accepted');
    return v_lost - app.dispute_booked(p_org, p_capture);
end $$;
