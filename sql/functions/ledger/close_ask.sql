-- ledger.close_ask(p_day) -> (verdict, last, barrier, pending)
-- Whether a day (UTC, of recorded_at) may be closed: "closed" already, "early"
-- (it is not over), "gap" (it does not follow the last one) or "next"; and
-- which transactions are under way.
--
-- What is recorded in a day is recorded by a transaction that began in it,
-- because recorded_at is its beginning moved by the test clock, which goes only
-- forward. So when the day is over, and the transactions that are under way
-- then have ended, all that it will ever hold is there. pending: those of this
-- database by their own ids, since one that has written nothing yet has no
-- xid; barrier: the first xid that was not given then, for prepared ones.
-- What only reads (backup, auditor) is not waited for. Should a machine's clock
-- be set back, entry_post records in the first open day all the same.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ledger.close_ask(p_day date)
returns table (verdict text, last date, barrier xid8, pending text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    select max(d.day) into last from ledger.closed_days d;
    verdict := case when p_day <= last then 'closed'
        when ops.now() <= (p_day + 1)::timestamp at time zone 'UTC' then 'early'
        when p_day <> last + 1 then 'gap' else 'next' end;
    barrier := pg_snapshot_xmax(pg_current_snapshot());
    select coalesce(array_agg(l.virtualxid), '{}') into pending
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and l.granted and l.pid <> pg_backend_pid()
      and a.datname = current_database() and a.usename not in ('boxoffice_backup', 'boxoffice_auditor');
    return next;
end $$;
