-- ops.broken_capture_is_booked(p_limit, p_recent_s) -> (org, object, detail)
-- A charge that no order took has its entry, and so has a refund that succeeded:
-- exactly its amount, between gateway_clearing and refunds_in_transit.
-- Reads the payments of orders made in the span, by index; over everything, all payments.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_capture_is_booked(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select p.org, 'payment ' || p.id, format('a %s of %s that is %s has the entry %s %s', p.kind, p.amount, p.state, e.accounts, e.amounts)
    from app.payments p
    left join ledger.entries e on e.org = p.org and e.object_id = p.id
        and e.effect = case p.kind when 'refund' then 'refund_settled' else 'unplaced_capture' end
    where (p_recent_s is null or (p.org, p.order_id) in (select x.org, x.id
        from app.organizers z join app.orders x on x.org = z.org where x.created_at >= v_since))
      and (p.state in ('late_approved', 'voided') or (p.kind = 'refund' and p.state = 'succeeded'))
      and (e.accounts, e.amounts) is distinct from (array['gateway_clearing', 'refunds_in_transit'],
          case p.kind when 'refund' then array[-p.amount, p.amount] else array[p.amount, -p.amount] end)
    limit p_limit;
end $$;
