-- app.order_free(p_org, p_order, p_ticket_ids, p_ticket_codes, p_entry, p_accounts, p_amounts, p_actor, p_request)
-- Completes an order whose total is zero: no gateway; an entry only where
-- there is something to post.
create or replace function app.order_free(p_org int, p_order uuid, p_ticket_ids uuid[], p_ticket_codes text[],
    p_entry uuid, p_accounts text[], p_amounts bigint[], p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app.order_paid(p_org, p_order, p_ticket_ids, p_ticket_codes, p_entry, p_accounts, p_amounts, p_actor, p_request);
end $$;
