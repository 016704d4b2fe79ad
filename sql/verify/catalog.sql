-- Verify boxoffice:catalog on pg
begin;
select org, id, fee_percent_bps, payout_reserve_bps, verification, version from app.organizers where false;
select org, id, starts_at, ends_at, tax_rate_bps, status, version from app.events where false;
select org, id, event_id, price, quantity, hidden, version from app.ticket_types where false;
select org, type_id, bucket, remaining from app.ticket_buckets where false;
rollback;
