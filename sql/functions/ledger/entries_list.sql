-- ledger.entries_list(p_org, p_account, p_order, p_times, p_before_at, p_before_id, p_limit) -> rows, newest first
-- p_times: occurred from, occurred to, recorded from, recorded to; each may be null, "to" excluded.
-- owner: boxoffice_owner (reads across organizers when p_org is null)
create or replace function ledger.entries_list(p_org int, p_account text, p_order uuid, p_times timestamptz[],
    p_before_at timestamptz, p_before_id uuid, p_limit int)
returns table (org int, organizer_id uuid, id uuid, effect text, object_id uuid, order_id uuid, promo text, currency text,
    accounts text[], amounts bigint[], reverses uuid, occurred_at timestamptz, recorded_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select e.org, o.id, e.id, e.effect, e.object_id, e.order_id, e.promo, e.currency, e.accounts, e.amounts, e.reverses,
        e.occurred_at, e.recorded_at
    from ledger.entries e join app.organizers o on o.org = e.org
    where (p_org is null or e.org = p_org) and (p_account is null or p_account = any (e.accounts))
      and (p_order is null or e.order_id = p_order)
      and (p_times[1] is null or e.occurred_at >= p_times[1]) and (p_times[2] is null or e.occurred_at < p_times[2])
      and (p_times[3] is null or e.recorded_at >= p_times[3]) and (p_times[4] is null or e.recorded_at < p_times[4])
      and (p_before_at is null or (e.recorded_at, e.id) < (p_before_at, p_before_id))
    order by e.recorded_at desc, e.id desc limit p_limit;
end $$;
