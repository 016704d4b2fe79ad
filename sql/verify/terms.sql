-- Verify boxoffice:terms on pg
begin;
select org, sha256, body from app.terms where false;
select terms, terms_sha256 from app.organizers where false;
rollback;
