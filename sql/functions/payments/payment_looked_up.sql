-- app.payment_looked_up(p_org, p_payment, p_not_found) -> (not_founds, lookups)
-- Counts a look-up; not-founds count only in a row. p_not_found null: it said
-- nothing that counts (no answer, or before the horizon).
create or replace function app.payment_looked_up(p_org int, p_payment uuid, p_not_found boolean)
returns table (not_founds int, lookups int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment for update;
    update app.payments set lookups = v_row.lookups + 1,
        not_founds = case when p_not_found is null then v_row.not_founds when p_not_found then v_row.not_founds + 1 else 0 end
    where org = p_org and id = p_payment returning * into v_row;
    return query select v_row.not_founds, v_row.lookups;
end $$;
