-- ledger.close_day(p_day, p_by, p_entries)
-- The day is closed: its row, with who signs, and its audit row. BX022 when it
-- is not over, or somebody else has closed it meanwhile. After close_org of each organizer, in
-- one transaction.
create or replace function ledger.close_day(p_day date, p_by text, p_entries bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_last date;
begin
    select max(d.day) into v_last from ledger.closed_days d;
    if v_now <= (p_day + 1)::timestamp at time zone 'UTC' then
        raise exception using errcode = 'BX022', message = format('%s is not over', p_day);
    end if;
    if p_day <> v_last + 1 then
        raise exception using errcode = 'BX022', message = format('the last closed day is %s', v_last);
    end if;
    insert into ledger.closed_days (day, entries, closed_by, closed_at) values (p_day, p_entries, p_by, v_now) on conflict (day) do nothing;
    if not found then
        raise exception using errcode = 'BX022', message = format('%s is closed already', p_day);
    end if;
    perform ops.audit_put(0, p_by, 'ledger.closed', '00000000-0000-0000-0000-000000000000', null, null,
        jsonb_build_object('day', p_day, 'entries', p_entries));
end $$;
