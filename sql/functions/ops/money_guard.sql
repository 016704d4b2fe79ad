-- ops.money_guard(p_org)
-- Raises BX040 while the system recovers from a restore. Called by whatever starts a charge.
create or replace function ops.money_guard(p_org int) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if (select e.recovering from ops.epoch e) then
        raise exception using errcode = 'BX040', message = 'the books are being compared with the gateway after a restore';
    end if;
end $$;
