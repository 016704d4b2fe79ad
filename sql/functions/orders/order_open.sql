-- app.order_open(p_org, p_order, p_event, p_status, p_guest, p_person, p_guest_texts, p_currency, p_amounts, p_policy,
--     p_metadata, p_age_confirmed, p_hold_seconds, p_types, p_quantities, p_lines, p_parts, p_actor, p_request,
--     p_promo_code, p_promos, p_promo_versions, p_promo_places, p_promo_codes, p_promo_discounts, p_promo_platforms, p_guest_key)
--   -> (created_at, expires_at)
-- Makes an order and holds its tickets. p_status: held (waits for its
-- payment), or processing (the caller sends a payment or completes it in this
-- transaction). p_amounts: list, discount, net, guest_fee, absorbed_fee, tax,
-- share, reserve, total. p_types, p_quantities: one element a line; p_lines:
-- unit_price, list, discount, net, fee, tax, total of each; p_parts: seven
-- components of each ticket, lines and tickets in order.
-- p_promos and what follows: the slots of its codes (promo_take); null: none.
-- Raises BX011, BX012 (inventory), BX013 (the event is not on sale), and what promo_take raises.
-- Touches events, ticket_buckets, guests, orders, order_lines, jobs, audit.
create or replace function app.order_open(p_org int, p_order uuid, p_event uuid, p_status text, p_guest uuid,
    p_person uuid, p_guest_texts text[], p_currency text, p_amounts bigint[], p_policy text, p_metadata text,
    p_age_confirmed boolean, p_hold_seconds bigint, p_types uuid[], p_quantities bigint[], p_lines bigint[],
    p_parts bigint[], p_actor text, p_request text, p_promo_code text default null, p_promos uuid[] default null,
    p_promo_versions bigint[] default null, p_promo_places bigint[] default null, p_promo_codes text[] default null,
    p_promo_discounts bigint[] default null, p_promo_platforms bigint[] default null, p_guest_key bytea default null)
returns table (created_at timestamptz, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_expires timestamptz := v_now + make_interval(secs => p_hold_seconds);
    v_type uuid;
    v_quantity bigint;
begin
    for v_type, v_quantity in
        select u.t, sum(u.q)::bigint from unnest(p_types, p_quantities) u (t, q) group by u.t order by u.t
    loop
        perform app.inventory_take(p_org, v_type, v_quantity);
    end loop;
    perform app.guest_put(p_org, p_guest, p_person, p_guest_texts, v_now);
    insert into app.orders (org, id, event_id, guest_id, status, currency, list, discount, net, guest_fee, absorbed_fee,
        tax, share, reserve, total, promo_code, policy, metadata, age_confirmed, expires_at, version, created_at)
    select p_org, p_order, p_event, p_guest, p_status, p_currency, p_amounts[1], p_amounts[2], p_amounts[3], p_amounts[4],
        p_amounts[5], p_amounts[6], p_amounts[7], p_amounts[8], p_amounts[9], p_promo_code, p_policy, p_metadata, p_age_confirmed,
        v_expires, 1, v_now
    from app.events e where e.org = p_org and e.id = p_event and e.status = 'on_sale';
    if not found then
        raise exception using errcode = 'BX013', message = 'the event is not on sale';
    end if;
    insert into app.order_lines (org, order_id, line, type_id, quantity, unit_price, list, discount, net, fee, tax, total, parts)
    select p_org, p_order, i, p_types[i], p_quantities[i], p_lines[i * 7 - 6], p_lines[i * 7 - 5], p_lines[i * 7 - 4],
        p_lines[i * 7 - 3], p_lines[i * 7 - 2], p_lines[i * 7 - 1], p_lines[i * 7],
        p_parts[1 + 7 * (s.upto - p_quantities[i]) : 7 * s.upto]
    from generate_subscripts(p_types, 1) i,
        lateral (select sum(q)::bigint as upto from unnest(p_quantities[1 : i]) q) s;
    if p_promos is not null then
        perform app.promo_take(p_org, p_order, p_promos, p_promo_versions, p_promo_places, p_promo_codes, p_promo_discounts, p_promo_platforms,
            p_guest_key);
    end if;
    if p_status = 'held' then
        perform ops.job_put(p_org, 'order_expire', p_order, v_expires, true, p_request);
    end if;
    perform ops.audit_put(p_org, p_actor, 'order.created', p_order, 1, p_request,
        jsonb_build_object('event', p_event, 'status', p_status, 'total', p_amounts[9], 'currency', p_currency));
    return query select v_now, v_expires;
end $$;
