-- app.order_plan(p_org, p_order)
-- Writes when a paid order matures, if its event is over, and has it looked at
-- then. Of another event nothing is known yet: its end may move. While an event
-- is cancelled or postponed nothing of it matures. When it is over anew, what
-- has matured or was released by a former end keeps the day of that.
create or replace function app.order_plan(p_org int, p_order uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_dates record;
    v_matured boolean := app.order_has_entry(p_org, p_order, 'matured');
    v_released boolean := app.order_has_entry(p_org, p_order, 'reserve_released');
begin
    select * into v_dates from app.order_dates(p_org, p_order);
    if not found or not v_dates.over then
        return;
    end if;
    insert into app.maturities as m (org, order_id, ends_at, matures_at, releases_at, due_at)
    values (p_org, p_order, v_dates.ends_at, v_dates.matures_at, v_dates.releases_at, v_dates.matures_at)
    on conflict (org, order_id) do update set ends_at = excluded.ends_at, due_at = excluded.due_at,
        matures_at = case when v_matured then m.matures_at else excluded.matures_at end,
        releases_at = case when v_released then m.releases_at else excluded.releases_at end;
end $$;
