-- app.dispute_mismatch(p_org, p_id, p_kind, p_amount, p_detail, p_actor, p_request)
-- The gateway says something of a dispute that the books can't follow: told once, for people.
create or replace function app.dispute_mismatch(p_org int, p_id uuid, p_kind text, p_amount bigint, p_detail text, p_actor text, p_request text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.disputes;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_id;
    perform app.discrepancy_open(p_org, p_kind, p_id, v_row.order_id, p_amount, v_row.currency, p_detail, p_actor, p_request);
end $$;
