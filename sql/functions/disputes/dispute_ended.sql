-- app.dispute_ended(p_org, p_id, p_effect, p_status, p_entry, p_accounts, p_amounts, p_actor, p_request)
-- What the gateway decided, with its entry. p_effect:
--   dispute_won       its parts are held again, its money is the order's
--   dispute_lost      it is the guest's; status lost, or accepted where we did
--   dispute_reversed  lost, and not so after all: dispute_won follows in the same commit
-- A charge that no order took: lost, what its guest has by it is not given back
-- a second time; won, it goes back by its own job. The caller holds the order's lock (dispute_facts).
create or replace function app.dispute_ended(p_org int, p_id uuid, p_effect text, p_status text, p_entry uuid, p_accounts text[],
    p_amounts bigint[], p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
    v_order uuid;
    v_reverses uuid;
    v_legal boolean;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_id for update;
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = v_row.capture_id;
    v_legal := v_row.moved and case p_effect when 'dispute_reversed' then v_row.status in ('lost', 'accepted') and not v_row.reversed
        else v_row.status not in ('won', 'lost', 'accepted') end;
    if v_legal is not true then
        raise exception 'dispute % is %, and cannot have %', p_id, v_row.status, p_effect;
    end if;
    select e.id into v_reverses from ledger.entries e
    where e.org = p_org and e.effect = 'dispute_lost' and e.object_id = p_id and p_effect = 'dispute_reversed';
    update app.disputes set status = p_status, reversed = reversed or p_effect = 'dispute_reversed', reported_at = v_now,
        ended_at = case when p_effect = 'dispute_reversed' then null else v_now end, version = v_row.version + 1
    where org = p_org and id = p_id;
    perform ledger.entry_post(p_org, p_entry, p_effect, p_id, v_order, null, v_row.currency, p_accounts, p_amounts, v_now, v_reverses);
    perform app.dispute_told(p_org, p_id, case p_effect when 'dispute_reversed' then 'dispute.reversed' else 'dispute.' || p_status end,
        p_effect <> 'dispute_reversed', p_actor, p_request);
    perform ops.job_drop(p_org, 'dispute_expire', p_id);
    if p_effect = 'dispute_won' then
        update app.ticket_returns set live = false where org = p_org and object_id = p_id;
        update app.orders set disputed = disputed - v_row.amount, version = version + 1 where org = p_org and id = v_row.order_id;
        perform app.dispute_order_told(p_org, p_id, v_row.order_id, p_actor, p_request);
    end if;
    if v_row.order_id is not null and p_effect = 'dispute_won' then
        perform app.order_wake(p_org, v_row.order_id, p_request);
    elsif v_row.order_id is null then
        perform app.dispute_capture_state(p_org, v_row.capture_id, p_id, p_actor, p_request);
    end if;
    if v_row.order_id is not null and p_effect <> 'dispute_reversed' then
        perform app.batch_again(p_org, v_row.order_id, p_id, p_request);
    end if;
end $$;
