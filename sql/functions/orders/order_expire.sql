-- app.order_expire(p_org, p_order) -> whether there is nothing left to do
-- The job at the end of a hold. Not due yet: false; but of a cancelled event no
-- order is held on: it is cancelled with it. An order with a payment
-- under way keeps its tickets; when that comes to nothing it is held again,
-- with a job of its own.
create or replace function app.order_expire(p_org int, p_order uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.orders;
    v_to text;
begin
    select * into v_row from app.orders o where o.org = p_org and o.id = p_order for update;
    if v_row.status <> 'held' then
        return true;
    end if;
    v_to := case when v_row.expires_at <= ops.now() then 'expired' when exists (select from app.events e
        where e.org = p_org and e.id = v_row.event_id and e.status = 'cancelled') then 'cancelled' end;
    if v_to is null then
        return false;
    end if;
    perform app.order_release(p_org, p_order, v_to, 'jobs', null);
    return true;
end $$;
