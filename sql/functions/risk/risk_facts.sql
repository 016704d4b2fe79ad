-- app.risk_facts(p_org) -> the organizer and each of its events of which something is disputed, with figures and level as it was
create or replace function app.risk_facts(p_org int)
returns table (object_id uuid, kind text, level text, figures bigint[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := ops.now() - interval '90 days';
begin
    return query
    select x.id, x.kind, coalesce(r.level, 'normal'), app.risk_figures(p_org, case when x.kind = 'event' then x.id end)
    from (select z.id, 'organizer' as kind from app.organizers z where z.org = p_org
          union
          select o.event_id, 'event' from app.disputes d join app.orders o on o.org = d.org and o.id = d.order_id
          where d.org = p_org and o.org = p_org and d.opened_at >= v_since
          union
          select k.object_id, k.kind from app.risks k where k.org = p_org and (k.level <> 'normal' or k.figures[5] > 0)) x
    left join app.risks r on r.org = p_org and r.object_id = x.id
    order by x.kind desc, x.id;
end $$;
