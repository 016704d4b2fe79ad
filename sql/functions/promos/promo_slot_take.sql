-- app.promo_slot_take(p_org, p_promo, p_discount) -> whether a use and the budget for it were there
-- As tickets are taken (inventory_take): first any one bucket that serves
-- both, from a random start, skipping those that another buyer has locked;
-- if there is none, all buckets in ascending order, waiting, a use from one and
-- the budget from several. In the end at least one bucket is locked, also where
-- nothing is limited. False: some may be gone from them, and the caller raises.
create or replace function app.promo_slot_take(p_org int, p_promo uuid, p_discount bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_start int := floor(random() * 16);
    v_bucket int;
    v_use bigint := 1;              -- still to be taken
    v_money bigint := p_discount;
    v_row app.promo_buckets;
begin
    -- Undone with its locks when fruitless, so that nobody waits for others with
    -- the lock of a bucket that was drained since it was looked at.
    begin
        select b.bucket into v_bucket from app.promo_buckets b
        where b.org = p_org and b.promo_id = p_promo and coalesce(b.uses >= 1, true) and coalesce(b.budget >= p_discount, true)
        order by (b.bucket + v_start) % 16 limit 1 for update skip locked;
        if not found then
            raise exception using errcode = 'BX024';
        end if;
        update app.promo_buckets set uses = uses - 1, budget = budget - p_discount
        where org = p_org and promo_id = p_promo and bucket = v_bucket and num_nonnulls(uses, budget) > 0;
        return true;
    exception when sqlstate 'BX024' then
        null;
    end;
    for v_row in
        select * from app.promo_buckets b where b.org = p_org and b.promo_id = p_promo order by b.bucket for update
    loop
        v_row.uses := coalesce(v_row.uses, v_use);
        v_row.budget := coalesce(v_row.budget, v_money);
        update app.promo_buckets set uses = uses - least(v_row.uses, v_use), budget = budget - least(v_row.budget, v_money)
        where org = p_org and promo_id = p_promo and bucket = v_row.bucket and num_nonnulls(uses, budget) > 0;
        v_use := v_use - least(v_row.uses, v_use);
        v_money := v_money - least(v_row.budget, v_money);
        exit when v_use = 0 and v_money = 0;
    end loop;
    return v_use = 0 and v_money = 0;
end $$;
