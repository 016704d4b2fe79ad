-- app.orders_freed(p_org, p_effect, p_orders, p_entries, p_accounts, p_amounts, p_request)
-- order_freed for each of a batch; p_accounts and p_amounts: two of each order, one after the other.
create or replace function app.orders_freed(p_org int, p_effect text, p_orders uuid[], p_entries uuid[], p_accounts text[],
    p_amounts bigint[], p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    for i in 1 .. cardinality(p_orders) loop
        perform app.order_freed(p_org, p_orders[i], p_effect, p_entries[i], p_accounts[2 * i - 1 : 2 * i],
            p_amounts[2 * i - 1 : 2 * i], p_request);
    end loop;
end $$;
