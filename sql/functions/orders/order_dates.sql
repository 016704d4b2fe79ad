-- app.order_dates(p_org, p_order) -> (over, ends_at, matures_at, releases_at); no row: not paid
-- When what a paid order has pending, and in reserve, may be paid out: the
-- days of the order's policy after the event's present end and after the
-- charge, calendar days in the event's zone. They stand once the event is over.
-- The charge is when the gateway made it, as the sale says, however late it was
-- heard of; an order that cost nothing has no other time than that of its order.
create or replace function app.order_dates(p_org int, p_order uuid)
returns table (over boolean, ends_at timestamptz, matures_at timestamptz, releases_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
    v_charged timestamptz;
    v_charge timestamptz;
begin
    select o.paid_at, o.policy::jsonb as policy, e.status, e.ends_at, e.time_zone into v_row
    from app.orders o join app.events e on e.org = o.org and e.id = o.event_id
    where o.org = p_org and e.org = p_org and o.id = p_order and o.paid_at is not null;
    if not found then
        return;
    end if;
    select e.occurred_at into v_charged from ledger.entries e where e.org = p_org and e.effect = 'sale' and e.object_id = p_order;
    over := v_row.status = 'completed';
    ends_at := v_row.ends_at;
    matures_at := ops.days_later(v_row.ends_at, (v_row.policy ->> 'hold_days_after_event')::int, v_row.time_zone);
    v_charge := ops.days_later(coalesce(v_charged, v_row.paid_at), (v_row.policy ->> 'hold_days_after_charge')::int, v_row.time_zone);
    releases_at := ops.days_later(v_row.ends_at, (v_row.policy ->> 'reserve_days')::int, v_row.time_zone);
    matures_at := case when num_nulls(matures_at, v_charge) = 0 then greatest(matures_at, v_charge) end;    -- not known: never
    releases_at := case when num_nulls(matures_at, releases_at) = 0 then greatest(releases_at, matures_at) end;
    return next;
end $$;
