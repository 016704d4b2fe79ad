-- app.promo_give(p_org, p_order, p_refunded_at)
-- An order that ends gives back the slots of its codes as they were taken, by
-- promo id: use and budget to one bucket, any that nobody has locked, then the
-- guest's count where the code limits guests (while that lock keeps the code
-- from being changed). p_refunded_at: it was refunded then, in full; only codes
-- that say so (return_on_refund) come back, and are marked; null: it let go.
create or replace function app.promo_give(p_org int, p_order uuid, p_refunded_at timestamptz default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_start int := floor(random() * 16);
    v_bucket int;
    v_use app.promo_uses;
begin
    for v_use in
        select u.* from app.promo_uses u join app.promo_codes p on p.org = u.org and p.id = u.promo_id
        where u.org = p_org and p.org = p_org and u.order_id = p_order and u.returned_at is null
          and (p_refunded_at is null or p.return_on_refund) order by u.promo_id
    loop
        select b.bucket into v_bucket from app.promo_buckets b where b.org = p_org and b.promo_id = v_use.promo_id
        order by (b.bucket + v_start) % 16 limit 1 for update skip locked;
        v_bucket := coalesce(v_bucket, 0);
        -- Not only where there is a limit: one may just be being set.
        update app.promo_buckets set uses = uses + 1, budget = budget + v_use.discount
        where org = p_org and promo_id = v_use.promo_id and bucket = v_bucket;
        update app.promo_guests set uses = uses - 1
        where org = p_org and promo_id = v_use.promo_id and guest_key = v_use.guest_key
          and exists (select from app.promo_codes p where p.org = p_org and p.id = v_use.promo_id and p.max_per_guest is not null);
        update app.promo_uses set returned_at = p_refunded_at
        where org = p_org and order_id = p_order and promo_id = v_use.promo_id and p_refunded_at is not null;
    end loop;
end $$;
