-- ledger.fold_ask(p_org)
-- Somebody saw a long tail: asks for the job that folds it, unless that is asked
-- for already, and then writes nothing.
create or replace function ledger.fold_ask(p_org int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    insert into ops.jobs (org, kind, object_id, due_at, business)
    values (p_org, 'ledger_fold', '00000000-0000-0000-0000-000000000000', v_now, false)
    on conflict (org, kind, object_id) do nothing;
end $$;
