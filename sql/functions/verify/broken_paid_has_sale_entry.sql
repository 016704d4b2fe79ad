-- ops.broken_paid_has_sale_entry(p_limit, p_recent_s) -> (org, object, detail)
-- A paid order has one sale entry that is, account by account, what it is made of
-- (none where it sells for nothing: its list price is zero). Once is what the
-- entries' unique key says.
-- Reads the orders made in the span, by index, and their entries.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_paid_has_sale_entry(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('its sale entry is %s %s, it is made of %s %s', e.accounts, e.amounts, x.accounts, x.amounts)
    from app.organizers z join app.orders o on o.org = z.org
    cross join lateral (select
        array_remove(array[case when o.total <> 0 then 'gateway_clearing' end,
            case when o.share - o.absorbed_fee - o.reserve <> 0 then 'organizer_pending' end,
            case when o.reserve <> 0 then 'organizer_reserve' end, case when o.tax <> 0 then 'tax_payable' end,
            case when o.list <> 0 then 'ticket_revenue' end, case when o.discount <> 0 then 'promo_discounts' end,
            case when o.guest_fee + o.absorbed_fee <> 0 then 'fee_revenue' end,
            case when o.share <> 0 then 'organizer_share' end], null) as accounts,
        array_remove(array[o.total, o.absorbed_fee + o.reserve - o.share, -o.reserve, -o.tax, -o.list, o.discount,
            -o.guest_fee - o.absorbed_fee, o.share], 0) as amounts) x
    left join ledger.entries e on e.org = o.org and e.effect = 'sale' and e.object_id = o.id
    where o.created_at >= v_since and o.paid_at is not null
      and (coalesce(e.accounts, '{}'), coalesce(e.amounts, '{}')) is distinct from (x.accounts, x.amounts)
    limit p_limit;
end $$;
