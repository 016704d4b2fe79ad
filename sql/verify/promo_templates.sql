-- Verify boxoffice:promo_templates on pg
begin;
select template from app.promo_codes where false;
rollback;
