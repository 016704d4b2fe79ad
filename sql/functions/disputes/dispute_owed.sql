-- app.dispute_owed(p_org, p_capture) -> what is still to be given back of a charge that no order took
-- What its guest has by a dispute that was lost, and what went back of it, by us or at
-- the gateway's, is not owed any more (recipe 11). Inner function.
create or replace function app.dispute_owed(p_org int, p_capture uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_amount bigint;
    v_back bigint;
begin
    select p.amount into v_amount from app.payments p where p.org = p_org and p.id = p_capture;
    select coalesce(sum(p.amount), 0) into v_back from app.payments p
    where p.org = p_org and p.capture_id = p_capture and p.kind = 'refund' and p.state = 'succeeded';
    return greatest(v_amount - app.dispute_booked(p_org, p_capture) - v_back, 0);
end $$;
