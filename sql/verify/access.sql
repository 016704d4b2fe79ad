-- Verify boxoffice:access on pg
begin;
select hash, id, kind, role, org, subject, name, scopes, expires_at, revoked_at, created_at from app.credentials where false;
rollback;
