-- app.evidence_scans(p_org, p_order) -> what doors asked about its tickets, and were told, in the order of time
create or replace function app.evidence_scans(p_org int, p_order uuid)
returns table (id uuid, ticket_id uuid, status text, gate text, device text, signed boolean, scanned_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select s.id, s.ticket_id, s.status, s.gate, s.device, s.signed, s.scanned_at
    from app.ticket_scans s where s.org = p_org and s.order_id = p_order
    order by s.scanned_at, s.id;
end $$;
