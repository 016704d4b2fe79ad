-- app.batch_put(p_org, p_batch, p_order)
-- Has the batch give back what a paid order holds, in its turn; once. Inner function.
create or replace function app.batch_put(p_org int, p_batch uuid, p_order uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.batch_orders (org, batch_id, order_id, risk, state)
    values (p_org, p_batch, p_order, app.batch_risk(p_org, p_order), 'waiting')
    on conflict (org, batch_id, order_id) do nothing;
end $$;
