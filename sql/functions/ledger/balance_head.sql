-- ledger.balance_head(p_org, p_at, p_occurred) -> (organizer_id, own_currency, at, final)
-- Of whom and of when a balance is. at: p_at, or now. final: no entry can come
-- in for it any more, because the days up to it are closed. One by occurred_at
-- never is: what happened then may be recorded later. p_org null: nobody's.
create or replace function ledger.balance_head(p_org int, p_at timestamptz, p_occurred boolean)
returns table (organizer_id uuid, own_currency text, at timestamptz, final boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 1
as $$
begin
    select o.id, o.currency into organizer_id, own_currency from app.organizers o where o.org = p_org;
    at := coalesce(p_at, ops.now());
    final := not p_occurred and at <= ledger.closed_until();
    return next;
end $$;
