-- app.ticket_left(p_org, p_order, p_ticket) -> what could still be given back of it: nothing that went back, or is disputed
-- With its fees only where the order's policy gives them back. Inner function.
create or replace function app.ticket_left(p_org int, p_order uuid, p_ticket uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_fees bigint := (select case when (o.policy::jsonb ->> 'refund_fees')::boolean then 1 else 0 end
        from app.orders o where o.org = p_org and o.id = p_order);
begin
    return (select t.net + t.tax + v_fees * (t.guest_fee + t.tax_on_fee) from app.tickets t where t.org = p_org and t.id = p_ticket)
        - (select coalesce(sum(x.net + x.tax + v_fees * (x.guest_fee + x.tax_on_fee)), 0)::bigint from app.ticket_returns x
            where x.org = p_org and x.order_id = p_order and x.ticket_id = p_ticket and x.live);
end $$;
