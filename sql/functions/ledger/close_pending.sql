-- ledger.close_pending(p_barrier, p_pending) -> who is still under way, in words; null: nobody
-- Of the transactions that close_ask found.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ledger.close_pending(p_barrier xid8, p_pending text[]) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_who text;
begin
    select string_agg(format('process %s (%s)', a.pid, a.usename), ', ' order by a.pid) into v_who
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and l.granted and l.virtualxid = any (p_pending);
    if v_who is null and pg_snapshot_xmin(pg_current_snapshot()) < p_barrier then
        v_who := 'one of another database, or a prepared one';
    end if;
    return v_who;
end $$;
