-- app.order_paid(p_org, p_order, p_ticket_ids, p_ticket_codes, p_entry, p_accounts, p_amounts, p_actor, p_request,
--     p_occurred)
-- A processing order is paid: tickets issued, the sale posted, the outbox
-- told. The entry's gateway_clearing must be the order's total (pair
-- assertion on what C computed). Inner function of payment_settle and order_free.
-- p_occurred: when the gateway charged, where that is known from it; not before
-- the order, not after now.
create or replace function app.order_paid(p_org int, p_order uuid, p_ticket_ids uuid[], p_ticket_codes text[],
    p_entry uuid, p_accounts text[], p_amounts bigint[], p_actor text, p_request text,
    p_occurred timestamptz default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
    v_now timestamptz := ops.now();
    v_clearing bigint := coalesce(p_amounts[array_position(p_accounts, 'gateway_clearing')], 0);
    v_tickets int;
begin
    select o.status, o.total, o.version, o.currency, o.promo_code, o.event_id, o.guest_id, o.created_at, e.status as event_status
        into v_row from app.orders o join app.events e on e.org = o.org and e.id = o.event_id
    where o.org = p_org and e.org = p_org and o.id = p_order for update of o;
    if v_row.status <> 'processing' or v_clearing <> v_row.total then
        raise exception 'order % is % with total %, the entry clears %', p_order, v_row.status, v_row.total, v_clearing;
    end if;
    update app.orders set status = 'paid', paid_at = v_now, version = v_row.version + 1 where org = p_org and id = p_order;
    insert into app.tickets (org, id, order_id, line, seat, type_id, code, status, net, guest_fee, tax, tax_on_fee,
        organizer_promo, platform_promo, absorbed_fee, created_at)
    select p_org, p_ticket_ids[x.n], p_order, x.line, x.seat, x.type_id, p_ticket_codes[x.n], 'valid', x.parts[x.at + 1],
        x.parts[x.at + 2], x.parts[x.at + 3], x.parts[x.at + 4], x.parts[x.at + 5], x.parts[x.at + 6], x.parts[x.at + 7], v_now
    from (select l.line, s as seat, l.type_id, l.parts, (s - 1) * 7 as at, row_number() over (order by l.line, s) as n
          from app.order_lines l cross join lateral generate_series(1, l.quantity::int) s
          where l.org = p_org and l.order_id = p_order) x;
    get diagnostics v_tickets = row_count;
    if v_tickets <> cardinality(p_ticket_ids) then
        raise exception 'order % has % tickets, % ids came', p_order, v_tickets, cardinality(p_ticket_ids);
    end if;
    if cardinality(p_accounts) > 0 then
        perform ledger.entry_post(p_org, p_entry, 'sale', p_order, p_order, v_row.promo_code, v_row.currency, p_accounts,
            p_amounts, greatest(least(coalesce(p_occurred, v_now), v_now), v_row.created_at), null);
    end if;
    perform ops.audit_put(p_org, p_actor, 'order.paid', p_order, v_row.version + 1, p_request,
        jsonb_build_object('total', v_row.total, 'currency', v_row.currency, 'entry', p_entry, 'accounts', p_accounts, 'amounts', p_amounts));
    perform ops.outbox_put(p_org, 'order.paid', p_order, v_row.version + 1,
        jsonb_build_object('order', p_order, 'event', v_row.event_id, 'guest', v_row.guest_id));
    if v_row.event_status = 'completed' then
        perform app.order_wake(p_org, p_order, p_request);      -- else it is planned with the others (order_mature.c)
    elsif v_row.event_status = 'cancelled' then
        perform app.batch_add(p_org, v_row.event_id, p_order, p_request);
    end if;
end $$;
