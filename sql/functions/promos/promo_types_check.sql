-- app.promo_types_check(p_org, p_field, p_types, p_events)
-- The ticket types that a promo code names must be the organizer's, and of the
-- events that it names, where it names any. Raises BX001 with the first that is not.
create or replace function app.promo_types_check(p_org int, p_field text, p_types uuid[], p_events uuid[]) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_place bigint;
    v_theirs boolean;
begin
    select u.n - 1, t.id is not null into v_place, v_theirs
    from unnest(p_types) with ordinality u (id, n)
    left join app.ticket_types t on t.org = p_org and t.id = u.id
    where t.id is null or (cardinality(p_events) > 0 and t.event_id <> all (p_events))
    order by u.n limit 1;
    if found then
        raise exception using errcode = 'BX001', message = format('/%s/%s: %s', p_field, v_place,
            case when v_theirs then 'belongs to none of the events' else 'the organizer has no such ticket type' end);
    end if;
end $$;
