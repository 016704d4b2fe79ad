-- app.dispute_joined(p_org, p_object, p_order, p_amounts, p_own, p_tickets, p_parts)
-- What came back to an order joins the parts of a dispute, or of a refund made at
-- the gateway's, that had taken it beyond what the order held.
-- p_amounts: amount, list, discount, net, guest_fee, tax, share, absorbed_fee. Inner to the commit that posts over_covered (dispute_covered).
create or replace function app.dispute_joined(p_org int, p_object uuid, p_order uuid, p_amounts bigint[], p_own bigint[], p_tickets uuid[],
    p_parts bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.disputes set covered = covered + p_amounts[1], list = list + p_amounts[2], discount = discount + p_amounts[3],
        net = net + p_amounts[4], guest_fee = guest_fee + p_amounts[5], tax = tax + p_amounts[6], share = share + p_amounts[7],
        absorbed_fee = absorbed_fee + p_amounts[8], own_pending = own_pending + p_own[1], own_reserve = own_reserve + p_own[2],
        own_available = own_available + p_own[3], version = version + 1
    where org = p_org and id = p_object;
    if not found then
        update app.refunds set covered = covered + p_amounts[1], list = list + p_amounts[2], discount = discount + p_amounts[3],
            net = net + p_amounts[4], guest_fee = guest_fee + p_amounts[5], tax = tax + p_amounts[6], share = share + p_amounts[7],
            absorbed_fee = absorbed_fee + p_amounts[8], own_pending = own_pending + p_own[1], own_reserve = own_reserve + p_own[2],
            own_available = own_available + p_own[3], version = version + 1
        where org = p_org and id = p_object;
    end if;
    perform app.refund_parts(p_org, p_object, p_order, p_tickets, p_parts);
end $$;
