-- app.promos_copy(p_org, p_template, p_batch, p_most, p_ids, p_codes, p_actor)
--   -> (id, code) of the copies made
-- Copies a promo code under other names, as it stands now, as members of a
-- batch, until that has p_most: what is left of p_ids and p_codes then, and
-- codes that the organizer has already, are passed over. All get the buckets
-- of the first; where uses are not limited that are four: one of many
-- codes is not what everybody uses at once. Raises BX003,
-- BX022 (the batch is of another template).
create or replace function app.promos_copy(p_org int, p_template uuid, p_batch uuid, p_most bigint, p_ids uuid[],
    p_codes text[], p_actor text)
returns table (id uuid, code text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.promo_codes;
    v_room bigint;
    v_made uuid[];
begin
    -- Locked: two who go on with one batch take turns.
    select * into v_row from app.promo_codes p where p.org = p_org and p.id = p_template for no key update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such promo code';
    end if;
    if exists (select from (select p.template from app.promo_codes p where p.org = p_org and p.batch = p_batch limit 1) x
            where x.template <> p_template) then
        raise exception using errcode = 'BX022', message = 'the batch is of another promo code';
    end if;
    select p_most - count(*) into v_room from app.promo_codes p where p.org = p_org and p.batch = p_batch;
    with made as (
        insert into app.promo_codes as p (org, id, code, code_normal, percent_bps, fixed_amount, fixed_per, events, ticket_types,
            opens_ticket_types, max_redemptions, max_per_guest, budget_amount, min_order_amount, min_tickets, starts_at,
            ends_at, platform_bps, stacks, return_on_refund, active, batch, template, version, created_at)
        select p_org, u.id, u.code, upper(u.code), v_row.percent_bps, v_row.fixed_amount, v_row.fixed_per, v_row.events,
            v_row.ticket_types, v_row.opens_ticket_types, v_row.max_redemptions, v_row.max_per_guest, v_row.budget_amount,
            v_row.min_order_amount, v_row.min_tickets, v_row.starts_at, v_row.ends_at, v_row.platform_bps, v_row.stacks,
            v_row.return_on_refund, v_row.active, p_batch, p_template, 1, v_now
        from unnest(p_ids, p_codes) u (id, code) limit greatest(v_room, 0)
        on conflict (org, code_normal) do nothing returning p.id)
    select array_agg(m.id) into v_made from made m;
    if v_made is null then
        return;
    end if;
    perform app.promo_buckets_make(p_org, v_made[1], v_row.max_redemptions, v_row.budget_amount,
        (case when v_row.max_redemptions is null then 4 else 16 end));
    insert into app.promo_buckets (org, promo_id, bucket, uses, budget)
    select p_org, m.id, b.bucket, b.uses, b.budget
    from unnest(v_made[2:]) m (id), app.promo_buckets b where b.org = p_org and b.promo_id = v_made[1];
    perform ops.audit_put(p_org, p_actor, 'promo_codes.copied', p_template, v_row.version, null,
        jsonb_build_object('batch', p_batch, 'codes', cardinality(v_made)));
    return query select p.id, p.code from app.promo_codes p where p.org = p_org and p.id = any (v_made) order by p.id;
end $$;
