-- app.risk_figures(p_org, p_event) -> disputes, charges, disputed, charged of the last 30 days, then of the last 90
-- Of an event, or (null) of all that the organizer has sold. As card schemes
-- count: disputes that opened in that time, whatever became of them, to charges
-- that were made in it. Orders stand for their charges, because they have an
-- index by time; one that never was paid, or cost nothing, is none. Inner function of risk_facts.
create or replace function app.risk_figures(p_org int, p_event uuid) returns bigint[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_30 timestamptz := ops.now() - interval '30 days';
    v_90 timestamptz := ops.now() - interval '90 days';
    v_disputes bigint[];
    v_charges bigint[];
begin
    select array[count(*) filter (where d.opened_at >= v_30), coalesce(sum(d.amount) filter (where d.opened_at >= v_30), 0),
            count(*), coalesce(sum(d.amount), 0)] into v_disputes
    from app.disputes d left join app.orders o on o.org = d.org and o.id = d.order_id
    where d.org = p_org and d.opened_at >= v_90 and (p_event is null or o.event_id = p_event);
    if p_event is null then
        select array[count(*) filter (where o.created_at >= v_30), coalesce(sum(o.total) filter (where o.created_at >= v_30), 0),
                count(*), coalesce(sum(o.total), 0)] into v_charges
        from app.orders o where o.org = p_org and o.created_at >= v_90 and o.paid_at is not null and o.total > 0;
    else
        select array[count(*) filter (where o.created_at >= v_30), coalesce(sum(o.total) filter (where o.created_at >= v_30), 0),
                count(*), coalesce(sum(o.total), 0)] into v_charges
        from app.orders o where o.org = p_org and o.event_id = p_event and o.created_at >= v_90 and o.paid_at is not null and o.total > 0;
    end if;
    return array[v_disputes[1], v_charges[1], v_disputes[2], v_charges[2], v_disputes[3], v_charges[3], v_disputes[4], v_charges[4]];
end $$;
