-- app.inventory_set(p_org, p_type, p_by)
-- Puts p_by tickets more (or fewer) into the buckets. Fewer than are left
-- unsold is refused (BX022). A new type gets buckets: one per 20 tickets, at
-- most 16, so that a small type is not scattered into crumbs.
create or replace function app.inventory_set(p_org int, p_type uuid, p_by bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_buckets int;
    v_left bigint := -p_by;
    v_row app.ticket_buckets;
begin
    select count(*) into v_buckets from app.ticket_buckets b where b.org = p_org and b.type_id = p_type;
    if v_buckets = 0 then
        v_buckets := least(16, greatest(1, p_by / 20));
        insert into app.ticket_buckets (org, type_id, bucket, remaining)
        select p_org, p_type, b, p_by / v_buckets + (b < p_by % v_buckets)::int from generate_series(0, v_buckets - 1) b;
        return;
    end if;
    for v_row in
        select * from app.ticket_buckets b where b.org = p_org and b.type_id = p_type order by b.bucket for update
    loop
        if p_by >= 0 then
            update app.ticket_buckets set remaining = v_row.remaining + p_by / v_buckets + (v_row.bucket < p_by % v_buckets)::int
            where org = p_org and type_id = p_type and bucket = v_row.bucket;
        else
            update app.ticket_buckets set remaining = v_row.remaining - least(v_row.remaining, v_left)
            where org = p_org and type_id = p_type and bucket = v_row.bucket;
            v_left := v_left - least(v_row.remaining, v_left);
        end if;
    end loop;
    if v_left > 0 then
        raise exception using errcode = 'BX022', message = format('%s of the tickets to take away are sold or held', v_left);
    end if;
end $$;
