-- Revert boxoffice:catalog from pg
begin;
delete from meta.kind where rel in ('app.organizers'::regclass, 'app.events'::regclass, 'app.ticket_types'::regclass, 'app.ticket_buckets'::regclass);
drop table app.ticket_buckets, app.ticket_types, app.events, app.organizers;
commit;
