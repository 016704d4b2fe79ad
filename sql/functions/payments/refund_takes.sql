-- app.refund_takes(p_org, p_payment) -> whether an attempt of a refund that was thought not made may still be the one that made it
-- Not when another has, or may have, nor when what it was for was failed or
-- was made once and came back; of a charge that no order took, not when less of it is owed by now. The caller holds the order's and the attempt's lock.
create or replace function app.refund_takes(p_org int, p_payment uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment;
    return not v_row.external and not exists (select from app.payments p where p.org = p_org
            and p.capture_id = v_row.capture_id and p.refund_id is not distinct from v_row.refund_id and not p.external
            and (p.state in ('sending', 'unknown') or (p.state = 'succeeded' and p.refund_id is not null)))
        and (v_row.refund_id is not null or app.dispute_owed(p_org, v_row.capture_id) >= v_row.amount)
        and not exists (select from app.refunds r where r.org = p_org and r.id = v_row.refund_id and r.status = 'failed')
        and not exists (select from ledger.entries e where e.org = p_org and e.effect = 'refund_unsettled'
            and e.object_id = coalesce(v_row.refund_id, p_payment));
end $$;
