-- app.payments_open(p_limit) -> attempts that are not over, the oldest first
-- sending, unknown, and captures whose money is not back yet.
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.payments_open(p_limit int)
returns table (id uuid, kind text, state text, gateway text, amount bigint, currency text, outcome_code text, lookups int,
    armed_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select p.id, p.kind, p.state, p.gateway, p.amount, p.currency, p.outcome_code, p.lookups, p.armed_at
    from app.payments p where p.state in ('sending', 'unknown', 'late_approved')
    order by p.armed_at limit p_limit;
end $$;
