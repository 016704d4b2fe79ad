-- app.evidence_due(p_org, p_dispute) -> (untouched, gateway, amount, currency, by_hand, days, next_at)
-- Tells once each that 7, 3 and 1 days are left, or as soon as it is known
-- where that is later: then only of the fewest. No row: nothing is to be done any more.
-- untouched: its money has moved and nobody has given evidence; by_hand: it is
-- submitted, and somebody has to send it; days: told now, null for nothing;
-- next_at: when the next is due, null for none.
create or replace function app.evidence_due(p_org int, p_dispute uuid)
returns table (untouched boolean, gateway text, amount bigint, currency text, by_hand boolean, days int, next_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
    v_each int;
    v_days int;                                             -- at most so many are left
    v_type text;
    v_left int;                                             -- the next to tell of
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_dispute for update;
    if not found or (v_row.answer <> 'none' and not v_row.by_hand) or v_row.status not in ('warning', 'needs_response') or v_row.due_by <= v_now then
        return;
    end if;
    foreach v_each in array '{1, 3, 7}'::int[] loop
        exit when v_row.due_by is null;
        if v_row.due_by - make_interval(hours => 24 * v_each) <= v_now then
            v_days := coalesce(v_days, v_each);
        else
            v_left := v_each;
        end if;
    end loop;
    v_type := case when v_row.by_hand then 'dispute.send_by_hand' else 'dispute.evidence_due' end;
    if exists (select from ops.outbox o where o.org = p_org and o.type = v_type and o.object_id = p_dispute and o.version = 8 - v_days) then
        v_days := null;
    elsif v_days is not null then
        perform ops.outbox_put(p_org, v_type, p_dispute, 8 - v_days,
            jsonb_build_object('dispute', p_dispute, 'order', v_row.order_id, 'due_by', v_row.due_by, 'days', v_days));
    end if;
    return query select v_row.moved and not exists (select from app.evidence e where e.org = p_org and e.dispute_id = p_dispute),
        v_row.gateway, v_row.amount, v_row.currency, v_row.by_hand, v_days,
        v_row.due_by - make_interval(hours => 24 * v_left);
end $$;
