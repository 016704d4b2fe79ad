-- app.promos_snapshot(p_org, p_event, p_codes, p_guest_key) -> one row per code found
-- What the codes are to an event and a guest, as it is now: nothing is
-- promised; with version a slot is taken on these terms or not at all (promo_take). p_codes: upper case; place: the index in them. uses_left and
-- budget_left: null where there is no limit. p_guest_key: null when nobody is named.
create or replace function app.promos_snapshot(p_org int, p_event uuid, p_codes text[], p_guest_key bytea)
returns table (place int, id uuid, version int, code text, percent_bps bigint, fixed_amount bigint, fixed_per text, ticket_types uuid[],
    opens_ticket_types uuid[], min_order_amount bigint, min_tickets bigint, platform_bps bigint, stacks boolean,
    active boolean, for_event boolean, started boolean, ended boolean, uses_left bigint, budget_left bigint,
    max_per_guest bigint, guest_uses bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
begin
    return query
    select c.place::int, p.id, p.version, p.code, p.percent_bps, p.fixed_amount, p.fixed_per, p.ticket_types, p.opens_ticket_types,
        p.min_order_amount, p.min_tickets, p.platform_bps, p.stacks, p.active,
        (cardinality(p.events) = 0 or e.id = any (p.events)) and (cardinality(p.ticket_types) = 0 or exists (
            select from app.ticket_types t where t.org = p_org and t.event_id = e.id and t.id = any (p.ticket_types))),
        (case when p.starts_at is null then true else app.promo_instant(p.starts_at, e.time_zone) <= v_now end),
        (case when p.ends_at is null then false else app.promo_instant(p.ends_at, e.time_zone) <= v_now end),
        b.uses, b.budget, p.max_per_guest, coalesce(g.uses, 0)
    from unnest(p_codes) with ordinality c (code, place)
    join app.promo_codes p on p.org = p_org and p.code_normal = c.code
    join app.events e on e.org = p.org and e.id = p_event
    cross join lateral (select sum(x.uses)::bigint as uses, sum(x.budget)::bigint as budget from app.promo_buckets x
        where x.org = p.org and x.promo_id = p.id) b
    left join app.promo_guests g on g.org = p.org and g.promo_id = p.id and g.guest_key = p_guest_key;
end $$;
