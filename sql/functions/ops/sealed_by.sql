-- ops.sealed_by() -> (key_id, webhooks, answers, evidence): how much is sealed under which key
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.sealed_by() returns table (key_id bytea, webhooks bigint, answers bigint, evidence bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select s.k, sum(s.w)::bigint, sum(s.a)::bigint, sum(s.e)::bigint from (
        select substring(w.payload from 1 for 4) as k, count(*) as w, 0::bigint as a, 0::bigint as e from app.webhook_events w group by 1
        union all
        select substring(i.answer from 1 for 4), 0, count(*), 0 from ops.idempotency i where i.answer is not null group by 1
        union all
        select substring(e.body from 1 for 4), 0, 0, count(*) from app.evidence e group by 1) s
    group by s.k order by 2 desc, 3 desc, 4 desc;
end $$;
