-- app.promos_switch(p_org, p_batch, p_after, p_limit, p_active, p_actor) -> (last, seen, switched)
-- Switches codes of a batch on or off: p_limit of them in the order of ids,
-- behind p_after (or null). It binds as any change of a code does
-- (promo_buckets_change). last: the last id that was looked at, null when there are no more.
create or replace function app.promos_switch(p_org int, p_batch uuid, p_after uuid, p_limit int, p_active boolean, p_actor text)
returns table (last uuid, seen bigint, switched bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_page uuid[];
    v_ids uuid[];
begin
    select array_agg(b.id order by b.id) into v_page from app.promos_of_batch(p_org, p_batch, p_after, p_limit) b;
    select array_agg(x.id order by x.id) into v_ids from (
        select p.id from app.promo_codes p where p.org = p_org and p.id = any (v_page) and p.active <> p_active
        order by p.id for no key update) x;
    if v_ids is not null then
        perform from app.promo_buckets b where b.org = p_org and b.promo_id = any (v_ids) order by b.promo_id, b.bucket for update;
        update app.promo_codes set active = p_active, version = version + 1 where org = p_org and id = any (v_ids);
        perform ops.audit_put(p_org, p_actor, (case when p_active then 'promo_codes.activated' else 'promo_codes.deactivated' end),
            p_batch, null, null, jsonb_build_object('codes', cardinality(v_ids), 'from', v_ids[1], 'to', v_ids[cardinality(v_ids)]));
    end if;
    return query select v_page[cardinality(v_page)], coalesce(cardinality(v_page), 0)::bigint, coalesce(cardinality(v_ids), 0)::bigint;
end $$;
