-- app.dispute_booked(p_org, p_capture) -> what of a charge that no order took is not owed any more because its guest has it by a dispute
-- When it was lost (dispute_lost), or when a refund failed after that (over_covered); less what was reversed. Inner function.
create or replace function app.dispute_booked(p_org int, p_capture uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_lost bigint;
    v_failed bigint;
begin
    select coalesce(sum(case e.effect when 'dispute_reversed' then -1 else 1 end * abs(e.amounts[array_position(e.accounts, 'refunds_in_transit')])), 0)
    into v_lost
    from app.disputes d join ledger.entries e on e.org = d.org and e.object_id = d.id
    where d.org = p_org and d.capture_id = p_capture and e.effect in ('dispute_lost', 'dispute_reversed');
    select coalesce(sum(e.amounts[array_position(e.accounts, 'refunds_in_transit')]), 0) into v_failed
    from app.payments r join ledger.entries e on e.org = r.org and e.object_id = r.id
    where r.org = p_org and r.capture_id = p_capture and r.kind = 'refund' and e.effect = 'over_covered';
    return v_lost + v_failed;
end $$;
