-- Revert boxoffice:promo_terms from pg
-- Functions are made anew by sql/install.
begin;
commit;
