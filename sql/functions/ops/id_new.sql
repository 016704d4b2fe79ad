-- ops.id_new(p_org) -> a new id of this organizer
-- The same as src/base/id.c makes: 48 bits of milliseconds, version 8, 12
-- random bits, variant, the organizer's 32 bits, 30 random bits. For rows that
-- a function makes by itself; most ids come with its parameters.
create or replace function ops.id_new(p_org int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_ms bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
    v_random text := replace(gen_random_uuid()::text, '-', '');
    v_low bigint := ('x' || substr(v_random, 25, 8))::bit(32)::bigint >> 2;
begin
    return (lpad(to_hex(v_ms), 12, '0') || '8' || substr(v_random, 14, 3)
        || to_hex((1::bigint << 63) | (p_org::bigint << 30) | v_low))::uuid;
end $$;
