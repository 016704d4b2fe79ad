-- app.promos_snapshot(p_org, p_event, p_codes, p_guest_key) -> one row per code found
-- What the codes are to an event and a guest, as it is now: nothing is
-- promised; with version a slot is taken on these terms or not at all
-- (promo_take). p_codes: upper case; place: the index in them. uses_left and
-- budget_left: null where there is no limit. p_guest_key: null when nobody is
-- named. Only what the code's own terms ask for is read: it stands in every
-- checkout with a code.
create or replace function app.promos_snapshot(p_org int, p_event uuid, p_codes text[], p_guest_key bytea)
returns table (place int, id uuid, version int, code text, percent_bps bigint, fixed_amount bigint, fixed_per text, ticket_types uuid[],
    opens_ticket_types uuid[], min_order_amount bigint, min_tickets bigint, platform_bps bigint, stacks boolean,
    active boolean, for_event boolean, started boolean, ended boolean, uses_left bigint, budget_left bigint,
    max_per_guest bigint, guest_uses bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_zone text;
    v_row app.promo_codes;
begin
    for v_place in 1 .. cardinality(p_codes) loop
        select * into v_row from app.promo_codes p where p.org = p_org and p.code_normal = p_codes[v_place];
        continue when not found;
        for_event := (cardinality(v_row.events) = 0 or p_event = any (v_row.events)) and (cardinality(v_row.ticket_types) = 0 or exists (
            select from app.ticket_types t where t.org = p_org and t.event_id = p_event and t.id = any (v_row.ticket_types)));
        started := true;
        ended := false;
        if num_nonnulls(v_row.starts_at, v_row.ends_at) > 0 then
            select e.time_zone into v_zone from app.events e where e.org = p_org and e.id = p_event;
            started := coalesce(app.promo_instant(v_row.starts_at, v_zone) <= v_now, true);
            ended := coalesce(app.promo_instant(v_row.ends_at, v_zone) <= v_now, false);
        end if;
        uses_left := null;
        budget_left := null;
        if num_nonnulls(v_row.max_redemptions, v_row.budget_amount) > 0 then
            select sum(b.uses), sum(b.budget) into uses_left, budget_left from app.promo_buckets b where b.org = p_org and b.promo_id = v_row.id;
        end if;
        guest_uses := 0;
        if v_row.max_per_guest is not null and p_guest_key is not null then
            select coalesce(sum(g.uses), 0) into guest_uses from app.promo_guests g
            where g.org = p_org and g.promo_id = v_row.id and g.guest_key = p_guest_key;
        end if;
        return query select v_place, v_row.id, v_row.version, v_row.code, v_row.percent_bps, v_row.fixed_amount, v_row.fixed_per,
            v_row.ticket_types, v_row.opens_ticket_types, v_row.min_order_amount, v_row.min_tickets, v_row.platform_bps, v_row.stacks,
            v_row.active, for_event, started, ended, uses_left, budget_left, v_row.max_per_guest, guest_uses;
    end loop;
end $$;
