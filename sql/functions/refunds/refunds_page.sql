-- app.refunds_page(p_org, p_order, p_guest, p_guest_org, p_status, p_before_at, p_before_id, p_limit) -> (org, id), newest first
-- p_guest: an order's guest, or the person whose token ordered.
-- owner: boxoffice_owner (reads across organizers when p_org is null)
create or replace function app.refunds_page(p_org int, p_order uuid, p_guest uuid, p_guest_org int, p_status text, p_before_at timestamptz, p_before_id uuid,
    p_limit int) returns table (org int, id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_guest is not null then
        return query
        select r.org, r.id from app.guests g
        join app.orders o on o.org = g.org and o.guest_id = g.id
        join app.refunds r on r.org = o.org and r.order_id = o.id
        where (g.person = p_guest or (g.org = p_guest_org and g.id = p_guest)) and (p_org is null or r.org = p_org)
          and (p_order is null or r.order_id = p_order) and (p_status is null or r.status = p_status)
          and (p_before_at is null or (r.created_at, r.id) < (p_before_at, p_before_id))
        order by r.created_at desc, r.id desc limit p_limit;
        return;
    end if;
    return query
    select r.org, r.id from app.refunds r
    where (p_org is null or r.org = p_org) and (p_order is null or r.order_id = p_order) and (p_status is null or r.status = p_status)
      and (p_before_at is null or (r.created_at, r.id) < (p_before_at, p_before_id))
    order by r.created_at desc, r.id desc limit p_limit;
end $$;
