-- ops.freed_early(p_org, p_order, p_effect, p_at) -> what is wrong; null: nothing
-- Whether an order matured, or its reserve was released, before its day. The
-- day is that of the event's present end; but where the event is not over any
-- more, or was completed anew since, it was freed by the end of that time, and
-- order_plan has kept the day. Inner function of holds_untimely.
create or replace function ops.freed_early(p_org int, p_order uuid, p_effect text, p_at timestamptz) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_dates record;
    v_kept app.maturities;
    v_day timestamptz;
begin
    select * into v_dates from app.order_dates(p_org, p_order);
    v_day := case p_effect when 'matured' then v_dates.matures_at else v_dates.releases_at end;
    if p_at >= v_day then
        return null;
    end if;
    if not v_dates.over or exists (select from app.orders o join ops.audit a on a.org = o.org and a.object_id = o.event_id
        where o.org = p_org and a.org = p_org and o.id = p_order and a.action = 'event.completed' and a.recorded_at > p_at) then
        select * into v_kept from app.maturities m where m.org = p_org and m.order_id = p_order;
        v_day := coalesce(case p_effect when 'matured' then v_kept.matures_at else v_kept.releases_at end, v_day);
    end if;
    return case when p_at < v_day then format('%s at %s, before its day %s', p_effect, p_at, v_day) end;
end $$;
