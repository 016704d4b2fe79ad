-- Revert boxoffice:schemas from pg
begin;
drop schema ledger cascade;
drop schema app cascade;
drop schema ops cascade;
drop schema meta cascade;
commit;
