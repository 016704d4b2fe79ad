-- app.refund_open(p_org, p_refund, p_order, p_amounts, p_fees_back, p_own, p_tickets, p_parts, p_by_ticket, p_gone, p_to,
--     p_entry, p_accounts, p_entry_amounts, p_reason, p_actor, p_request) -> (status, created_at)
-- Accepts a refund: into the books (refund_book has the parameters, without
-- over), and the job that carries it to the gateway. One of nothing has
-- succeeded. What must be true whatever the caller computed is asked here again.
-- Raises BX027 (more than was captured), BX040 while recovering.
create or replace function app.refund_open(p_org int, p_refund uuid, p_order uuid, p_amounts bigint[], p_fees_back boolean,
    p_own bigint[], p_tickets uuid[], p_parts bigint[], p_by_ticket boolean, p_gone uuid[], p_to text, p_entry uuid, p_accounts text[],
    p_entry_amounts bigint[], p_reason text, p_actor text, p_request text)
returns table (status text, created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
    v_row app.orders;
    v_created timestamptz;
begin
    perform ops.money_guard(p_org);
    select * into v_row from app.orders o where o.org = p_org and o.id = p_order for update;
    if v_row.refunded + v_row.disputed + p_amounts[1] > v_row.total then
        raise exception using errcode = 'BX027', message = format('%s of %s are left', v_row.total - v_row.refunded - v_row.disputed, v_row.total);
    end if;
    v_created := app.refund_book(p_org, p_refund, p_order, p_amounts || 0::bigint, p_fees_back, p_own, p_tickets, p_parts, p_by_ticket, p_gone, p_to,
        p_entry, p_accounts, p_entry_amounts, false, null, p_reason, p_actor, p_request);
    if p_amounts[1] > 0 then
        perform ops.job_put(p_org, 'refund_send', p_refund, v_due, false, p_request);
    end if;
    return query select case when p_amounts[1] > 0 then 'pending' else 'succeeded' end, v_created;
end $$;
