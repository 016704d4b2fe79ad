-- Revert boxoffice:balances from pg
begin;
delete from meta.kind where rel::text in ('ledger.checkpoints', 'ledger.horizons', 'ledger.closes', 'ledger.closed_days');
drop index ledger.entries_tail;
drop table ledger.checkpoints, ledger.horizons, ledger.closes, ledger.closed_days;
commit;
