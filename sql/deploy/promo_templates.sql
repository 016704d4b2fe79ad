-- Deploy boxoffice:promo_templates to pg
-- Of which code the codes of a batch are copies: a batch is of one template.
begin;
alter table app.promo_codes add column template uuid;
commit;
