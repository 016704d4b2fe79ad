-- Verify boxoffice:dispute_ratio on pg
begin;
select org, object_id, kind, level, figures, reserve_bps, reserve_days, reason, since, computed_at, version from app.risks where false;
rollback;
