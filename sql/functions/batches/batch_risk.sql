-- app.batch_risk(p_org, p_order) -> how likely a paid order ends in a dispute
-- if its money does not come back soon; only the order between the orders of
-- one event counts. 400 for each dispute, up to three, of other orders of the
-- same e-mail address or card. 200: the address has paid no order here before.
-- 100: nor has the card, or no card is known. 10 for each doubling of the
-- amount, up to 300. 1 for each day that the money has been away, up to 90. An
-- order that cost nothing is never disputed: 0. Inner function.
create or replace function app.batch_risk(p_org int, p_order uuid) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
    v_now timestamptz := ops.now();
    v_known boolean;
    v_seen boolean;
    v_disputes int;
begin
    select o.total, o.paid_at, g.email_normal, p.card_fingerprint into v_row
    from app.orders o join app.guests g on g.org = o.org and g.id = o.guest_id
    left join app.payments p on p.org = o.org and p.order_id = o.id and p.kind = 'charge' and p.state = 'succeeded'
    where o.org = p_org and g.org = p_org and o.id = p_order;
    if v_row.total = 0 then
        return 0;
    end if;
    v_known := exists (select from app.guests g join app.orders o on o.org = g.org and o.guest_id = g.id
        where g.org = p_org and o.org = p_org and g.email_normal = v_row.email_normal and o.paid_at < v_row.paid_at);
    v_seen := exists (select from app.payments p join app.orders o on o.org = p.org and o.id = p.order_id
        where p.org = p_org and o.org = p_org and p.card_fingerprint = v_row.card_fingerprint and p.kind = 'charge' and p.state = 'succeeded'
          and o.paid_at < v_row.paid_at);
    select count(*) into v_disputes from (
        select d.id from app.guests g join app.orders o on o.org = g.org and o.guest_id = g.id
            join app.disputes d on d.org = o.org and d.order_id = o.id
        where g.org = p_org and o.org = p_org and d.org = p_org and g.email_normal = v_row.email_normal and o.id <> p_order
        union
        select d.id from app.payments p join app.disputes d on d.org = p.org and d.capture_id = p.id
        where p.org = p_org and d.org = p_org and p.card_fingerprint = v_row.card_fingerprint and p.order_id <> p_order) x;
    return 400 * least(v_disputes, 3) + case when v_known then 0 else 200 end + case when v_seen then 0 else 100 end
        + least(300, floor(10 * log(2.0, v_row.total))::int) + least(90, extract(day from v_now - v_row.paid_at)::int);
end $$;
