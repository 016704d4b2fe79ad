-- Verify boxoffice:order_codes on pg
begin;
select code, discount from app.promo_uses where false;
rollback;
