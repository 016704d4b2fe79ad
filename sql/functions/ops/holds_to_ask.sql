-- ops.holds_to_ask(p_org, p_since, p_late) -> orders, some of them twice
-- Those of which kept_late may have something to tell: all that were paid of
-- events that are over, or what a span of time has touched: events that ended,
-- orders whose day came, that are overdue, or to which something was booked.
-- Each statement goes by one index, whatever the statistics say. Inner function of holds_untimely.
create or replace function ops.holds_to_ask(p_org int, p_since timestamptz, p_late timestamptz) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_event uuid;
begin
    for v_event in select v.id from app.events v
        where v.org = p_org and v.status = 'completed' and v.ends_at >= p_since and v.ends_at < p_late
    loop
        return query select o.id from app.orders o
            where o.org = p_org and o.event_id = v_event and o.paid_at is not null and o.share > 0;
    end loop;
    if p_since = '-infinity' then
        return;
    end if;
    return query select m.order_id from app.maturities m where m.org = p_org and m.matures_at >= p_since and m.matures_at < p_late;
    return query select m.order_id from app.maturities m where m.org = p_org and m.releases_at >= p_since and m.releases_at < p_late;
    return query select m.order_id from app.maturities m where m.org = p_org and m.due_at < p_late;
    return query select e.order_id from ledger.entries e
        where e.org = p_org and e.recorded_at >= p_since and exists (select from app.orders o
            join app.events v on v.org = o.org and v.id = o.event_id
            where o.org = p_org and v.org = p_org and o.id = e.order_id and v.status = 'completed' and v.ends_at < p_late);
end $$;
