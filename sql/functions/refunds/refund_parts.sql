-- app.refund_parts(p_org, p_object, p_order, p_tickets, p_parts)
-- What a refund or dispute takes from each ticket: seven parts, in the order of
-- app.tickets; added to what it took before, where it did (over_covered). No
-- ticket gives more than it holds. The caller has the order's lock.
create or replace function app.refund_parts(p_org int, p_object uuid, p_order uuid, p_tickets uuid[], p_parts bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_over uuid;
begin
    insert into app.ticket_returns as r (org, object_id, ticket_id, order_id, live, net, guest_fee, tax, tax_on_fee, organizer_promo,
        platform_promo, absorbed_fee)
    select p_org, p_object, p_tickets[i], p_order, true, p_parts[i * 7 - 6], p_parts[i * 7 - 5], p_parts[i * 7 - 4], p_parts[i * 7 - 3],
        p_parts[i * 7 - 2], p_parts[i * 7 - 1], p_parts[i * 7]
    from generate_subscripts(p_tickets, 1) i
    on conflict (org, object_id, ticket_id) do update set net = r.net + excluded.net, guest_fee = r.guest_fee + excluded.guest_fee,
        tax = r.tax + excluded.tax, tax_on_fee = r.tax_on_fee + excluded.tax_on_fee, organizer_promo = r.organizer_promo + excluded.organizer_promo,
        platform_promo = r.platform_promo + excluded.platform_promo, absorbed_fee = r.absorbed_fee + excluded.absorbed_fee;
    select t.id into v_over from app.refund_tickets(p_org, p_order) t where (select min(h) from unnest(t.holds) h) < 0 limit 1;
    if found then
        raise exception 'ticket % gives back more than it holds', v_over;
    end if;
end $$;
