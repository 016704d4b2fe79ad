-- Deploy boxoffice:returns_again to pg
-- What an unplaced capture owes can come again after some of it was given
-- back: a refund at the gateway's fails, a dispute of a part is won on appeal.
-- So one refund of ours is under way at a time, and one that succeeded ends nothing.
begin;

drop index app.payments_one_return;
create unique index payments_one_return on app.payments (org, capture_id)
    where unplaced and not external and state in ('sending', 'unknown');

commit;
