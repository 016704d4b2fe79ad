-- app.orders_next(p_org) -> when an order of the organizer is to be looked at next; null: none is
create or replace function app.orders_next(p_org int) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return (select min(m.due_at) from app.maturities m where m.org = p_org and m.due_at is not null);
end $$;
