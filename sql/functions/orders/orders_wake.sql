-- app.orders_wake(p_org, p_request)
-- Has the organizer's orders that are due looked at now; that job finds its next time itself.
create or replace function app.orders_wake(p_org int, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_organizer uuid;
begin
    select o.id into v_organizer from app.organizers o where o.org = p_org;
    perform ops.job_put(p_org, 'orders_mature', v_organizer, v_now, true, p_request);
end $$;
