-- ops.payments_recent(p_recent_s, p_states) -> payments
-- Attempts of the orders made in the last p_recent_s seconds of business time
-- (null: all), and those that have no order; in one of the states (null: any).
-- By index: payments have none by time, orders do. Inner function.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.payments_recent(p_recent_s bigint, p_states text[]) returns setof app.payments
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 10000
as $$
declare
    v_since timestamptz := ops.now() - make_interval(secs => p_recent_s);
begin
    if v_since is null then
        return query select p.* from app.payments p where p_states is null or p.state = any (p_states);
        return;
    end if;
    return query select p.*
        from app.organizers z join app.orders o on o.org = z.org join app.payments p on p.org = o.org and p.order_id = o.id
        where o.created_at >= v_since and (p_states is null or p.state = any (p_states));
    return query select p.*
        from app.organizers z join app.payments p on p.org = z.org
        where p.order_id is null and (p_states is null or p.state = any (p_states));
end $$;
