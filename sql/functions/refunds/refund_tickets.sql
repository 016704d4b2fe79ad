-- app.refund_tickets(p_org, p_order) -> the order's tickets and what each still holds, in the order of lines and seats
-- status: as it counts now (ticket_status). paid: what its guest paid for it.
create or replace function app.refund_tickets(p_org int, p_order uuid)
returns table (id uuid, status text, holds bigint[], paid bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.id, case t.status when 'used' then app.ticket_status(p_org, t.id) else t.status end,
        array[t.net - r.net, t.guest_fee - r.guest_fee, t.tax - r.tax, t.tax_on_fee - r.tax_on_fee, t.organizer_promo - r.organizer_promo,
        t.platform_promo - r.platform_promo, t.absorbed_fee - r.absorbed_fee], t.net + t.guest_fee + t.tax + t.tax_on_fee
    from app.tickets t
    cross join lateral (
        select coalesce(sum(x.net), 0)::bigint as net, coalesce(sum(x.guest_fee), 0)::bigint as guest_fee, coalesce(sum(x.tax), 0)::bigint as tax,
            coalesce(sum(x.tax_on_fee), 0)::bigint as tax_on_fee, coalesce(sum(x.organizer_promo), 0)::bigint as organizer_promo,
            coalesce(sum(x.platform_promo), 0)::bigint as platform_promo, coalesce(sum(x.absorbed_fee), 0)::bigint as absorbed_fee
        from app.ticket_returns x where x.org = p_org and x.order_id = p_order and x.ticket_id = t.id and x.live) r
    where t.org = p_org and t.order_id = p_order
    order by t.line, t.seat;
end $$;
