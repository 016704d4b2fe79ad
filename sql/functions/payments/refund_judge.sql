-- app.refund_judge(p_org, p_capture, p_transaction, p_amount, p_named, p_declined, p_request)
--     -> (verdict, order_id, attempt, refund, amount, owed, currency)
-- What a record of money given back of this charge is to the books. p_named: the
-- refund of ours whose reference it has, else null; of a void, p_transaction is
-- the charge's. Locks the order, then the charge: who books it does so in the
-- same transaction. order_id null: no order has the charge; owed is then what of
-- it is not given back yet.
--   verdict  known   they have it, or there is nothing to have
--            asked   it is, or may be, that of an attempt of ours: that is looked up first
--            failed  one in the books (attempt, amount), not made by us, came to nothing
--            book    to be booked; attempt: as this one, which a restore has cut off; refund: of
--                    this, which is promised in the books
create or replace function app.refund_judge(p_org int, p_capture uuid, p_transaction text, p_amount bigint, p_named uuid, p_declined boolean,
    p_request text)
returns table (verdict text, order_id uuid, attempt uuid, refund uuid, amount bigint, owed bigint, currency text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_charge app.payments;
    v_row app.payments;
    v_named app.payments;
    v_pending uuid;
    v_unsent boolean;
    v_lost boolean;
    v_open uuid;
begin
    select p.order_id into order_id from app.payments p where p.org = p_org and p.id = p_capture;
    perform 1 from app.orders o where o.org = p_org and o.id = order_id for update;
    select * into v_charge from app.payments p where p.org = p_org and p.id = p_capture for update;
    owed := case when v_charge.state = 'late_approved' then app.dispute_owed(p_org, p_capture) else 0 end;
    -- Our own voids have no transaction; one that may be ours is not decided here.
    select * into v_row from app.payments p where p.org = p_org and p.gateway = v_charge.gateway and p.kind = 'refund'
        and (p.gateway_transaction = p_transaction or (p_transaction = v_charge.gateway_transaction and p.capture_id = p_capture
            and p.amount = v_charge.amount and p.gateway_transaction is null and p.state in ('sending', 'unknown', 'succeeded')))
    order by p.state = 'succeeded' desc limit 1;
    select * into v_named from app.payments p where p.org = p_org and p.id = p_named and p.kind = 'refund';
    -- Cut off between its promise and its first attempt: nothing is there to be looked up, and none is begun while recovering.
    select r.id, r.amount = p_amount and r.order_id = v_charge.order_id and v_charge.state = 'succeeded'
        and not exists (select from app.payments p where p.org = p_org and p.refund_id = r.id) into v_pending, v_unsent
    from app.refunds r where r.org = p_org and r.id = p_named and r.status = 'pending';
    v_lost := p_named is not null and v_named.id is null and not exists (select from app.refunds r where r.org = p_org and r.id = p_named);
    -- It may have been a later try of one that is promised: not before the earlier ones are decided.
    select p.id into v_open from app.refunds r join app.payments p on p.org = r.org and p.refund_id = r.id
    where r.org = p_org and r.order_id = v_charge.order_id and v_charge.state = 'succeeded' and v_lost and r.status = 'pending' and r.amount = p_amount
      and p.state in ('sending', 'unknown') limit 1;
    verdict := case
        when v_row.id is not null and p_declined <> (v_row.state = 'succeeded') then 'known'
        when v_row.state = 'succeeded' then case when v_row.external then 'failed' else 'asked' end
        when v_row.state in ('sending', 'unknown') then 'asked'
        when p_declined or v_row.id is not null then 'known'
        when v_named.id is null then case when v_unsent or (v_pending is null and v_open is null) then 'book' else 'asked' end
        when v_named.state in ('sending', 'unknown') then 'asked'
        when v_named.state <> 'succeeded' and app.refund_takes(p_org, p_named) then 'asked' else 'book' end;
    attempt := coalesce(v_row.id, v_named.id, v_open);
    if verdict = 'asked' and attempt is not null then
        perform ops.job_put(p_org, 'payment_lookup', attempt, v_now, false, p_request);
    elsif verdict = 'asked' then
        perform ops.job_put(p_org, 'refund_send', v_pending, v_now, false, p_request);
    elsif verdict = 'book' then
        attempt := case when v_lost or v_unsent then p_named end;
        select r.id into refund from app.refunds r
        where r.org = p_org and r.order_id = v_charge.order_id and v_charge.state = 'succeeded' and (v_lost or (v_unsent and r.id = v_pending)) and r.status = 'pending'
          and r.amount = p_amount and not exists (select from app.payments p where p.org = p_org and p.refund_id = r.id
              and p.state in ('sending', 'unknown', 'succeeded'))
        order by r.created_at limit 1;
    end if;
    order_id := case when v_charge.state = 'succeeded' then order_id end;
    return query select verdict, order_id, attempt, refund, v_row.amount, owed, v_charge.currency;
end $$;
