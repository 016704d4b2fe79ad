-- app.batch_get(p_org, p_event) -> the batch of a cancelled event and how far it is, or none
create or replace function app.batch_get(p_org int, p_event uuid)
returns table (id uuid, event_id uuid, status text, reason text, currency text, created_at timestamptz, ended_at timestamptz, total bigint,
    waiting bigint, pending bigint, done bigint, disputed bigint, failed bigint, amount bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select b.id, b.event_id, case when b.paused then 'paused' when b.ended_at is not null then 'done' when b.planned then 'running' else 'planning' end,
        b.reason, e.currency, b.created_at, b.ended_at, c.total, c.waiting, c.pending, c.done, c.disputed, c.failed, c.amount
    from app.batches b
    join app.events e on e.org = b.org and e.id = b.event_id
    cross join lateral app.batch_counts(p_org, b.id) c
    where b.org = p_org and e.org = p_org and b.event_id = p_event;
end $$;
