-- ops.recovery_rest() -> how much of what a restore lost is not in the books yet
-- Events that are not applied, look-ups of charges that we have no record
-- of or thought not made, and of what was given back: until they are done, an order may look unpaid that
-- is paid, and a refund unmade that was made. What fails again and again is not waited for.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.recovery_rest() returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return (select count(*) from app.webhook_events w where w.state = 'received' and w.attempts < 4)
        + (select count(*) from ops.jobs j left join app.payments p on p.org = j.org and p.id = j.object_id
           where j.kind = 'payment_lookup' and j.buried_at is null and j.attempts < 4 and (p.id is null or p.state not in ('sending', 'unknown')))
        + (select count(*) from ops.jobs j where j.kind in ('refund_trace', 'refund_external') and j.buried_at is null and j.attempts < 4);
end $$;
