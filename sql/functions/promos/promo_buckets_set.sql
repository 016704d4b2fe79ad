-- app.promo_buckets_set(p_org, p_promo, p_uses, p_budget)
-- Makes a code's limits what they are to be; null: none. A new code gets
-- buckets: one per 20 uses, at most 16. A later change only changes what is in
-- them: all are locked, in the order of takers, and what live slots have used
-- is counted anew. Whoever takes a slot reads the code under the lock of a
-- bucket, so that each change that calls this binds all from its commit on.
-- Raises BX022: more than that is used.
create or replace function app.promo_buckets_set(p_org int, p_promo uuid, p_uses bigint, p_budget bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_buckets bigint;
    v_used bigint;
    v_spent bigint;
    v_uses bigint;                  -- left
    v_budget bigint;
begin
    select count(*) into v_buckets from app.promo_buckets b where b.org = p_org and b.promo_id = p_promo;
    if v_buckets = 0 then
        v_buckets := least(16, greatest(1, coalesce(p_uses, 320) / 20));
        insert into app.promo_buckets (org, promo_id, bucket, uses, budget)
        select p_org, p_promo, b, p_uses / v_buckets + (b < p_uses % v_buckets)::int, p_budget / v_buckets + (b < p_budget % v_buckets)::int
        from generate_series(0, v_buckets - 1) b;
        return;
    end if;
    perform from app.promo_codes p where p.org = p_org and p.id = p_promo for update;
    perform from app.promo_buckets b where b.org = p_org and b.promo_id = p_promo order by b.bucket for update;
    select count(*), coalesce(sum(u.discount), 0) into v_used, v_spent
    from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
    where u.org = p_org and o.org = p_org and u.promo_id = p_promo and u.returned_at is null
      and o.status not in ('expired', 'cancelled') and num_nonnulls(p_uses, p_budget) > 0;
    v_uses := p_uses - v_used;
    v_budget := p_budget - v_spent;
    if v_uses < 0 or v_budget < 0 then
        raise exception using errcode = 'BX022',
            message = format('the promo code has been used %s times, for %s in all: its limits can''t be below that', v_used, v_spent);
    end if;
    update app.promo_buckets set uses = v_uses / v_buckets + (bucket < v_uses % v_buckets)::int,
        budget = v_budget / v_buckets + (bucket < v_budget % v_buckets)::int
    where org = p_org and promo_id = p_promo;
end $$;
