-- ops.broken_attempt_not_overdue(p_limit, p_sending_ms, p_unknown_ms) -> (org, object, detail)
-- No attempt is sending longer than p_sending_ms after it was armed (its sender is
-- dead by then, and a look-up has said so), nor unknown longer than p_unknown_ms
-- (the horizon has passed by then, and the look-ups after it have decided). One that
-- is: nobody looks, or the gateway can't be asked.
-- Reads the look-up jobs and their payments. attempt_has_lookup sees that there are no others.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_attempt_not_overdue(p_limit int, p_sending_ms bigint default 105000, p_unknown_ms bigint default 1300000)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, case p.kind when 'refund' then 'refund ' else 'payment ' end || p.id,
        format('it is %s since %s, after %s look-ups: %s', p.state, p.armed_at, p.lookups, coalesce(j.last_error, 'none has failed'))
    from ops.jobs j join app.payments p on p.org = j.org and p.id = j.object_id
    where j.kind = 'payment_lookup' and ((p.state = 'sending' and p.armed_at < now() - make_interval(secs => p_sending_ms / 1000.0))
        or (p.state = 'unknown' and p.armed_at < now() - make_interval(secs => p_unknown_ms / 1000.0)))
    limit p_limit;
end $$;
