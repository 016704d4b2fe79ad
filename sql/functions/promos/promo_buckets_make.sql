-- app.promo_buckets_make(p_org, p_promo, p_uses, p_budget, p_most)
-- A new code's buckets: one per 20 uses, p_most where uses are not limited;
-- its limits (null: none) are split over them.
create or replace function app.promo_buckets_make(p_org int, p_promo uuid, p_uses bigint, p_budget bigint, p_most int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_buckets bigint := least(p_most, greatest(1, coalesce(p_uses / 20, p_most)));
begin
    insert into app.promo_buckets (org, promo_id, bucket, uses, budget)
    select p_org, p_promo, b, p_uses / v_buckets + (b < p_uses % v_buckets)::int, p_budget / v_buckets + (b < p_budget % v_buckets)::int
    from generate_series(0, v_buckets - 1) b;
end $$;
