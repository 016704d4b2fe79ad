-- app.evidence_orders(p_org, p_order, p_limit) -> the guest's earlier orders that were paid and never disputed, the newest first
-- A guest is known by the e-mail's normal form. Banks ask for payments of the
-- same card and device: same_card, same_ip and same_device say so.
create or replace function app.evidence_orders(p_org int, p_order uuid, p_limit int)
returns table (id uuid, event_name text, amount bigint, currency text, paid_at timestamptz, card_last4 text, tickets_used bigint,
    same_card boolean, same_ip boolean, same_device boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
begin
    select o.paid_at, o.guest_id, g.email_normal, g.client_ip, g.client_device,
        (select p.card_last4 from app.payments p where p.org = p_org and p.order_id = o.id and p.kind = 'charge' and p.state = 'succeeded'
            limit 1) as last4
    into v_row from app.orders o join app.guests g on g.org = o.org and g.id = o.guest_id where o.org = p_org and o.id = p_order;
    return query
    select o.id, e.name, o.total, o.currency, o.paid_at, p.card_last4,
        (select count(*) from app.tickets t where t.org = p_org and t.order_id = o.id and t.used_at is not null),
        coalesce(p.card_last4 = v_row.last4, false), coalesce(g.client_ip = v_row.client_ip, false),
        coalesce(g.client_device = v_row.client_device, false)
    from app.guests g
    join app.orders o on o.org = g.org and o.guest_id = g.id
    join app.events e on e.org = o.org and e.id = o.event_id
    left join app.payments p on p.org = o.org and p.order_id = o.id and p.kind = 'charge' and p.state = 'succeeded'
    where g.org = p_org and g.email_normal = v_row.email_normal and o.id <> p_order and o.paid_at < v_row.paid_at
      and o.refunded = 0 and not exists (select from app.disputes d where d.org = p_org and d.order_id = o.id)
    order by o.paid_at desc, o.id desc limit p_limit;
end $$;
