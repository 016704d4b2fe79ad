-- Revert boxoffice:promo_templates from pg
begin;
alter table app.promo_codes drop column template;
commit;
