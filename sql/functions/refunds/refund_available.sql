-- app.refund_available(p_org, p_currency) -> what the organizer has available
-- Under the organizer's lock, which whoever must not take it below zero holds
-- until commit, after the order's.
create or replace function app.refund_available(p_org int, p_currency text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_available bigint;
begin
    perform 1 from app.organizers o where o.org = p_org for no key update;
    select -b.amount into v_available from ledger.balances(p_org, p_currency) b where b.account = 'organizer_available';
    return coalesce(v_available, 0);
end $$;
