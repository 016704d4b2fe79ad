-- app.discrepancies_list(p_limit) -> what is open, the newest first
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.discrepancies_list(p_limit int)
returns table (id uuid, kind text, object_id uuid, order_id uuid, amount bigint, currency text, detail text, created_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select d.id, d.kind, d.object_id, d.order_id, d.amount, d.currency, d.detail, d.created_at
    from app.discrepancies d where d.status = 'open'
    order by d.created_at desc, d.id desc limit p_limit;
end $$;
