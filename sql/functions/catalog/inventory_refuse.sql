-- app.inventory_refuse(p_org, p_type, p_missing)
-- Says why there are not enough: sold, or held by orders that may yet let go.
create or replace function app.inventory_refuse(p_org int, p_type uuid, p_missing bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_held bigint;
begin
    -- Live holds are found by their jobs, not among all orders ever made: a held
    -- order has its expiry, one under way its payment's look-up.
    select coalesce(sum(l.quantity), 0) into v_held
    from app.orders o join app.order_lines l on l.org = o.org and l.order_id = o.id
    where o.org = p_org and l.org = p_org and l.type_id = p_type and o.status in ('held', 'processing') and o.id in (
        select j.object_id from ops.jobs j where j.org = p_org and j.kind = 'order_expire'
        union
        select p.order_id from ops.jobs j join app.payments p on p.org = j.org and p.id = j.object_id
        where j.org = p_org and p.org = p_org and j.kind = 'payment_lookup');
    if v_held >= p_missing then
        raise exception using errcode = 'BX012', message = 'all tickets of this type are held or sold; some may come back within minutes';
    end if;
    raise exception using errcode = 'BX011', message = 'there are not enough tickets of this type left';
end $$;
