-- Verify boxoffice:promos on pg
begin;
select org, id, code_normal, percent_bps, fixed_amount, platform_bps, stacks, active from app.promo_codes where false;
select uses, budget from app.promo_buckets where false;
select uses from app.promo_guests where false;
select place, discount, platform, returned_at from app.promo_uses where false;
rollback;
