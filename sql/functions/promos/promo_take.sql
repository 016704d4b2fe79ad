-- app.promo_take(p_org, p_order, p_ids, p_versions, p_places, p_codes, p_discounts, p_platforms, p_guest_key)
-- Takes the slots of an order's codes; called in the transaction that opens the
-- order, after it. Versions: of the terms on which it was priced. Places: 1 to 5
-- are promo codes in the order in which they apply, 6 is the access code. Slots
-- are taken by promo id, so that two buyers can't block each other.
-- Raises 40001, BX023, BX024, BX026 (promo_take_one).
create or replace function app.promo_take(p_org int, p_order uuid, p_ids uuid[], p_versions bigint[], p_places bigint[], p_codes text[],
    p_discounts bigint[], p_platforms bigint[], p_guest_key bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_i int;
begin
    for v_i in
        select i from generate_subscripts(p_ids, 1) i order by p_ids[i]
    loop
        perform app.promo_take_one(p_org, p_ids[v_i], p_versions[v_i], p_codes[v_i], p_discounts[v_i], p_guest_key);
        insert into app.promo_uses (org, order_id, place, promo_id, code, discount, platform, guest_key, created_at)
        values (p_org, p_order, p_places[v_i], p_ids[v_i], p_codes[v_i], p_discounts[v_i], p_platforms[v_i], p_guest_key, v_now);
    end loop;
end $$;
