-- app.batches_list(p_limit) -> batches of all organizers, those under way first, then the newest. For operators.
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.batches_list(p_limit int)
returns table (org int, id uuid, event_id uuid, status text, reason text, currency text, created_at timestamptz, ended_at timestamptz, total bigint,
    waiting bigint, pending bigint, done bigint, disputed bigint, failed bigint, amount bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select x.org, g.* from (select b.org, b.event_id, b.ended_at, b.created_at, b.id from app.batches b
        order by b.ended_at is not null, b.created_at desc, b.id desc limit p_limit) x
    cross join lateral app.batch_get(x.org, x.event_id) g
    order by x.ended_at is not null, x.created_at desc, x.id desc;
end $$;
