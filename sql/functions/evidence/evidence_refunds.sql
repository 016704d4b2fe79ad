-- app.evidence_refunds(p_org, p_order) -> what was given back of it, the oldest first
create or replace function app.evidence_refunds(p_org int, p_order uuid)
returns table (id uuid, status text, amount bigint, reason text, created_at timestamptz, ended_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.id, r.status, r.amount, r.reason, r.created_at, r.ended_at from app.refunds r
    where r.org = p_org and r.order_id = p_order
    order by r.created_at, r.id;
end $$;
