-- Verify boxoffice:balances on pg
begin;
select org, currency, accounts, amounts, folded_at from ledger.checkpoints where false;
select org, node, xid from ledger.horizons where false;
select org, day, currency, accounts, amounts, entries, closed_by, closed_at from ledger.closes where false;
select day, entries, closed_by, closed_at from ledger.closed_days where false;
select 'ledger.entries_tail'::regclass;
rollback;
