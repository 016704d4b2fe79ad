-- app.orders_page(p_org, p_event, p_status, p_guest, p_person, p_person_org, p_before_at, p_before_id, p_limit)
--   -> (org, id, created_at)
-- A page of orders, newest first; each filter may be null. p_person: orders of
-- that guest, or made with that guest's token.
-- owner: boxoffice_owner (reads across organizers when p_org is null)
create or replace function app.orders_page(p_org int, p_event uuid, p_status text, p_guest uuid, p_person uuid,
    p_person_org int, p_before_at timestamptz, p_before_id uuid, p_limit int)
returns table (org int, id uuid, created_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_person is not null then
        return query select o.org, o.id, o.created_at
        from app.guests g join app.orders o on o.org = g.org and o.guest_id = g.id
        where (g.person = p_person or (g.org = p_person_org and g.id = p_person)) and (p_org is null or o.org = p_org)
          and (p_event is null or o.event_id = p_event) and (p_status is null or o.status = p_status)
          and (p_guest is null or o.guest_id = p_guest)
          and (p_before_at is null or (o.created_at, o.id) < (p_before_at, p_before_id))
        order by o.created_at desc, o.id desc limit p_limit;
        return;
    end if;
    return query select o.org, o.id, o.created_at from app.orders o
    where (p_org is null or o.org = p_org) and (p_event is null or o.event_id = p_event)
      and (p_status is null or o.status = p_status) and (p_guest is null or o.guest_id = p_guest)
      and (p_before_at is null or (o.created_at, o.id) < (p_before_at, p_before_id))
    order by o.created_at desc, o.id desc limit p_limit;
end $$;
