-- Revert boxoffice:returns_again from pg
-- Of a capture that was given back in several parts, the later ones count as others' do.
begin;
update app.payments p set external = true
where p.unplaced and not p.external and p.state = 'succeeded' and exists (select from app.payments x
    where x.org = p.org and x.capture_id = p.capture_id and x.unplaced and not x.external and x.state in ('sending', 'unknown', 'succeeded')
      and (x.created_at, x.id) < (p.created_at, p.id));
drop index app.payments_one_return;
create unique index payments_one_return on app.payments (org, capture_id)
    where unplaced and not external and state in ('sending', 'unknown', 'succeeded');
commit;
