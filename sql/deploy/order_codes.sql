-- Deploy boxoffice:order_codes to pg
-- An order shows each code and what it took off: the result of a function changes.
begin;
drop function if exists app.order_views(int, uuid[]);
commit;
