-- ops.broken_capture_is_booked(p_limit, p_recent_s) -> (org, object, detail)
-- A charge that no order took has its entry, and so has a refund that succeeded:
-- exactly its amount, between gateway_clearing and refunds_in_transit; what the
-- gateway gave back of such a charge beyond it is lost.
-- Reads the payments that payments_recent gives.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_capture_is_booked(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, case p.kind when 'refund' then 'refund ' else 'payment ' end || p.id,
        format('a %s of %s that is %s has the entry %s %s', p.kind, p.amount, p.state, e.accounts, e.amounts)
    from ops.payments_recent(p_recent_s, '{late_approved,voided,succeeded}') p
    left join ledger.entries e on e.org = p.org and e.object_id = coalesce(p.refund_id, p.id)
        and e.effect = case p.kind when 'refund' then 'refund_settled' else 'unplaced_capture' end
    where (p.state <> 'succeeded' or p.kind = 'refund')
      and (e.accounts, e.amounts) is distinct from (array['gateway_clearing', 'refunds_in_transit'],
          case p.kind when 'refund' then array[-p.amount, p.amount] else array[p.amount, -p.amount] end)
      and not coalesce(p.external and p.unplaced and 'dispute_losses' = any (e.accounts) and cardinality(e.accounts) <= 3
          and e.amounts[array_position(e.accounts, 'gateway_clearing')] = -p.amount, false)
    limit p_limit;
end $$;
