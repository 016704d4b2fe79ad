-- app.batch_add(p_org, p_event, p_order, p_request)
-- An order of a cancelled event is paid after all, by a charge that was under
-- way: its money goes back with the others'. Inner function of order_paid.
create or replace function app.batch_add(p_org int, p_event uuid, p_order uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch uuid;
begin
    select b.id into v_batch from app.batches b where b.org = p_org and b.event_id = p_event for update;
    if found then
        perform app.batch_put(p_org, v_batch, p_order);
        perform app.batch_reopen(p_org, v_batch, p_request);
    end if;
end $$;
