-- app.disputes_page(p_org, p_order, p_event, p_status, p_before_at, p_before_id, p_limit) -> (org, id), newest first
-- owner: boxoffice_owner (reads across organizers when p_org is null)
create or replace function app.disputes_page(p_org int, p_order uuid, p_event uuid, p_status text, p_before_at timestamptz, p_before_id uuid,
    p_limit int) returns table (org int, id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select d.org, d.id from app.disputes d
    where (p_org is null or d.org = p_org) and (p_order is null or d.order_id = p_order) and (p_status is null or d.status = p_status)
      and (p_event is null or exists (select from app.orders o where o.org = d.org and o.id = d.order_id and o.event_id = p_event))
      and (p_before_at is null or (d.created_at, d.id) < (p_before_at, p_before_id))
    order by d.created_at desc, d.id desc limit p_limit;
end $$;
