-- app.inventory_take(p_org, p_type, p_quantity)
-- Takes tickets out of the buckets. First any one bucket that serves all, from
-- a random start, skipping those that another buyer has locked; if there is
-- none, all buckets in ascending order, waiting, so that two buyers can't
-- block each other and nothing is left unsold.
-- Raises BX012 when other buyers hold enough of what is missing, else BX011.
create or replace function app.inventory_take(p_org int, p_type uuid, p_quantity bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_start int := floor(random() * 16);
    v_bucket int;
    v_left bigint := p_quantity;
    v_row app.ticket_buckets;
begin
    -- A bucket that was drained since it was looked at is skipped, but stays
    -- locked. So that nobody waits for others with such a lock in hand, a
    -- fruitless try is undone with its locks.
    begin
        select b.bucket into v_bucket from app.ticket_buckets b
        where b.org = p_org and b.type_id = p_type and b.remaining >= p_quantity
        order by (b.bucket + v_start) % 16 limit 1 for update skip locked;
        if not found then
            raise exception using errcode = 'BX012';
        end if;
        update app.ticket_buckets set remaining = remaining - p_quantity
        where org = p_org and type_id = p_type and bucket = v_bucket;
        return;
    exception when sqlstate 'BX012' then
        null;
    end;
    for v_row in
        select * from app.ticket_buckets b where b.org = p_org and b.type_id = p_type order by b.bucket for update
    loop
        exit when v_left = 0;
        update app.ticket_buckets set remaining = v_row.remaining - least(v_row.remaining, v_left)
        where org = p_org and type_id = p_type and bucket = v_row.bucket and v_row.remaining > 0;
        v_left := v_left - least(v_row.remaining, v_left);
    end loop;
    if v_left > 0 then
        perform app.inventory_refuse(p_org, p_type, v_left);
    end if;
end $$;
