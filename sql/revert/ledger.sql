-- Revert boxoffice:ledger from pg
begin;
delete from meta.kind where rel = 'ledger.entries'::regclass;
drop table ledger.entries;
drop function ledger.is_balanced(text[], bigint[]);
commit;
