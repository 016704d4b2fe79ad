-- ops.kept_late(p_org, p_order, p_effect, p_late) -> what is wrong; null: nothing
-- Whether an order of an event that is over has something pending (matured) or
-- in reserve (reserve_released) whose day was before p_late, or that nothing
-- looks at on its day. Inner function of holds_untimely.
create or replace function ops.kept_late(p_org int, p_order uuid, p_effect text, p_late timestamptz) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_dates record;
    v_held bigint;
    v_day timestamptz;
begin
    select case p_effect when 'matured' then h.pending else h.reserve end into v_held from app.order_holds(p_org, p_order) h;
    if v_held = 0 then
        return null;
    end if;
    select * into v_dates from app.order_dates(p_org, p_order);
    if v_dates.over is not true or v_dates.ends_at >= p_late then
        return null;
    end if;
    v_day := case p_effect when 'matured' then v_dates.matures_at else v_dates.releases_at end;
    if v_day < p_late then
        return format('has %s yet, and its day was %s', v_held, v_day);
    elsif not exists (select from app.maturities m where m.org = p_org and m.order_id = p_order and m.ends_at = v_dates.ends_at
        and m.due_at <= v_day) then
        return format('has %s, and nothing is planned for its day %s', v_held, v_day);
    end if;
    return null;
end $$;
