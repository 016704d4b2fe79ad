-- Revert boxoffice:cancellations from pg
begin;
delete from meta.kind where rel in ('app.batches'::regclass, 'app.batch_orders'::regclass);
drop table app.batch_orders, app.batches;
drop index app.guests_of_email, app.payments_of_card;
alter table app.events drop constraint events_postponed, drop column status_reason, drop column dates_stand, drop column postponed_at,
    drop column refunds_until;
commit;
