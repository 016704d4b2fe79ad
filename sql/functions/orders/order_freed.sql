-- app.order_freed(p_org, p_order, p_effect, p_entry, p_accounts, p_amounts, p_request)
-- What an order had pending (matured) or in reserve (reserve_released) may be
-- paid out: its entry, once for ever. The caller holds the order's lock and has
-- counted by orders_mature; nothing may be left there (pair assertion).
create or replace function app.order_freed(p_org int, p_order uuid, p_effect text, p_entry uuid, p_accounts text[],
    p_amounts bigint[], p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.orders;
    v_left bigint;
begin
    select * into v_row from app.orders o where o.org = p_org and o.id = p_order;
    perform ledger.entry_post(p_org, p_entry, p_effect, p_order, p_order, null, v_row.currency, p_accounts,
        p_amounts, v_now, null);
    select case p_effect when 'matured' then h.pending else h.reserve end into v_left from app.order_holds(p_org, p_order) h;
    if v_left <> 0 then
        raise exception 'order % keeps % after %', p_order, v_left, p_effect;
    end if;
    perform ops.audit_put(p_org, 'jobs', 'order.' || p_effect, p_order, null, p_request,
        jsonb_build_object('entry', p_entry, 'currency', v_row.currency, 'accounts', p_accounts, 'amounts', p_amounts));
    if p_effect = 'reserve_released' then
        perform ops.outbox_put(p_org, 'reserve.released', p_order, 1, jsonb_build_object('order', p_order,
            'event', v_row.event_id, 'currency', v_row.currency, 'amount', p_amounts[array_position(p_accounts, 'organizer_reserve')]));
    end if;
end $$;
