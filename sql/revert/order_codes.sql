-- Revert boxoffice:order_codes from pg
-- Functions are made anew by sql/install.
begin;
commit;
