-- app.evidence_due(p_org, p_dispute) -> (waits, untouched, gateway, amount, currency, next_at)
-- Tells once each that 7, 3 and 1 days are left, or as soon as it is known
-- where that is later: then only of the fewest. waits: an answer is still to
-- come and may be made; untouched: its money has moved and
-- nobody has given evidence; next_at: when the next is due, null for none.
create or replace function app.evidence_due(p_org int, p_dispute uuid)
returns table (waits boolean, untouched boolean, gateway text, amount bigint, currency text, next_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
    v_each int;
    v_days int;                                             -- at most so many are left
    v_left int;                                             -- the next to tell of
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_dispute for update;
    if not found or v_row.answer <> 'none' or v_row.status not in ('warning', 'needs_response') or v_row.due_by <= v_now then
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
    if v_days is not null and not exists (select from ops.outbox o
        where o.org = p_org and o.type = 'dispute.evidence_due' and o.object_id = p_dispute and o.version = 8 - v_days) then
        perform ops.outbox_put(p_org, 'dispute.evidence_due', p_dispute, 8 - v_days,
            jsonb_build_object('dispute', p_dispute, 'order', v_row.order_id, 'due_by', v_row.due_by, 'days', v_days));
    end if;
    return query select true,
        v_row.moved and not exists (select from app.evidence e where e.org = p_org and e.dispute_id = p_dispute),
        v_row.gateway, v_row.amount, v_row.currency, v_row.due_by - make_interval(hours => 24 * v_left);
end $$;
