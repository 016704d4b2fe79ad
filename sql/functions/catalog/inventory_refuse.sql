-- app.inventory_refuse(p_org, p_type, p_missing)
-- Says why there are not enough: sold, or held by orders that may yet let go.
create or replace function app.inventory_refuse(p_org int, p_type uuid, p_missing bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_held bigint;
begin
    select coalesce(sum(l.quantity), 0) into v_held
    from app.order_lines l join app.orders o on o.org = l.org and o.id = l.order_id
    where l.org = p_org and o.org = p_org and l.type_id = p_type and o.status in ('held', 'processing');
    if v_held >= p_missing then
        raise exception using errcode = 'BX012', message = 'all tickets of this type are held or sold; some may come back within minutes';
    end if;
    raise exception using errcode = 'BX011', message = 'there are not enough tickets of this type left';
end $$;
