-- app.evidence_lock(p_org, p_dispute, p_in_time) -> the dispute, locked, that may still be answered
-- p_in_time: only before its due date, and a warning too; else only where
-- money has moved, which a warning has not. Raises BX003, BX022 (answered, or
-- not at that point), BX034 (closed), BX035 (past due).
create or replace function app.evidence_lock(p_org int, p_dispute uuid, p_in_time boolean) returns app.disputes
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_dispute for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such dispute';
    elsif v_row.status in ('won', 'lost', 'accepted') then
        raise exception using errcode = 'BX034', message = format('the dispute is %s', v_row.status);
    elsif v_row.answer <> 'none' then
        raise exception using errcode = 'BX022',
            message = format('the dispute is answered: %s', case when v_row.answer like 'accept%' then 'accepted' else 'evidence was submitted' end);
    elsif v_row.status = 'under_review' then
        raise exception using errcode = 'BX022', message = 'the dispute is under review';
    elsif p_in_time and (v_row.status = 'expired' or v_row.due_by <= v_now) then
        raise exception using errcode = 'BX035', message = format('evidence was due by %s',
            to_char(v_row.due_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    elsif not p_in_time and not v_row.moved then
        raise exception using errcode = 'BX022', message = 'no money has moved: refund the order instead';
    end if;
    return v_row;
end $$;
