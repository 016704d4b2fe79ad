-- app.ticket_types_list(p_org, p_event, p_type, p_before_at, p_before_id, p_limit) -> (columns, remaining), newest first
-- p_type: only that one, or null.
create or replace function app.ticket_types_list(p_org int, p_event uuid, p_type uuid, p_before_at timestamptz,
    p_before_id uuid, p_limit int)
returns table (id uuid, event_id uuid, name text, price bigint, currency text, quantity bigint, min_per_order bigint,
    max_per_order bigint, sales_start_at timestamptz, sales_end_at timestamptz, hidden boolean, version int,
    created_at timestamptz, remaining bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.id, t.event_id, t.name, t.price, t.currency, t.quantity, t.min_per_order, t.max_per_order, t.sales_start_at,
        t.sales_end_at, t.hidden, t.version, t.created_at,
        (select coalesce(sum(b.remaining), 0)::bigint from app.ticket_buckets b where b.org = p_org and b.type_id = t.id)
    from app.ticket_types t
    where t.org = p_org and t.event_id = p_event and (p_type is null or t.id = p_type)
      and (p_before_at is null or (t.created_at, t.id) < (p_before_at, p_before_id))
    order by t.created_at desc, t.id desc limit p_limit;
end $$;
