-- Verify boxoffice:evidence on pg
begin;
select org, id, dispute_id, kind, fields, media_type, size, sha256, body, gateway_file from app.evidence where false;
rollback;
