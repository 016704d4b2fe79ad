-- app.promo_buckets_change(p_org, p_promo, p_was_uses, p_was_budget, p_uses, p_budget)
-- Locks a code's buckets, in the order of takers: from the commit on no order
-- has missed the change of the code that comes with it (promo_take_one). Where
-- limits change, what is left changes by as much; where there was none,
-- live slots are counted, which takes a second for a million. A limit
-- that has grown may get more buckets. Null: no limit.
-- Raises BX022: more than that is used.
create or replace function app.promo_buckets_change(p_org int, p_promo uuid, p_was_uses bigint, p_was_budget bigint, p_uses bigint,
    p_budget bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_n bigint;
    v_uses bigint;                  -- left of what they were
    v_budget bigint;
    v_used bigint;
    v_spent bigint;
begin
    perform from app.promo_buckets b where b.org = p_org and b.promo_id = p_promo order by b.bucket for update;
    if (p_uses, p_budget) is not distinct from (p_was_uses, p_was_budget) then
        return;
    end if;
    select count(*), sum(b.uses), sum(b.budget) into v_n, v_uses, v_budget
    from app.promo_buckets b where b.org = p_org and b.promo_id = p_promo;
    if num_nonnulls(p_uses) > num_nonnulls(p_was_uses) or num_nonnulls(p_budget) > num_nonnulls(p_was_budget) then
        select count(*), coalesce(sum(u.discount), 0) into v_used, v_spent
        from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
        where u.org = p_org and o.org = p_org and u.promo_id = p_promo and u.returned_at is null and o.status not in ('expired', 'cancelled');
    end if;
    v_used := coalesce(p_was_uses - v_uses, v_used);
    v_spent := coalesce(p_was_budget - v_budget, v_spent);
    if v_used > p_uses then
        raise exception using errcode = 'BX022',
            message = format('the promo code has been used %s times: max_redemptions can''t be below that', v_used);
    elsif v_spent > p_budget then
        raise exception using errcode = 'BX022',
            message = format('%s of the promo code''s budget is spent or held: budget_amount can''t be below that', v_spent);
    end if;
    insert into app.promo_buckets (org, promo_id, bucket)
    select p_org, p_promo, b from generate_series(v_n, least(16, coalesce(p_uses / 20, 16)) - 1) b;
    v_n := greatest(v_n, least(16, coalesce(p_uses / 20, 16)));
    v_uses := p_uses - v_used;
    v_budget := p_budget - v_spent;
    update app.promo_buckets set uses = v_uses / v_n + (bucket < v_uses % v_n)::int, budget = v_budget / v_n + (bucket < v_budget % v_n)::int
    where org = p_org and promo_id = p_promo;
end $$;
