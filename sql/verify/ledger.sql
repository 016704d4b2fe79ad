-- Verify boxoffice:ledger on pg
begin;
select org, id, effect, object_id, accounts, amounts, xid, node from ledger.entries where false;
select 1 / (ledger.is_balanced('{bank,refunds}', '{1,-1}') and not ledger.is_balanced('{bank,refunds}', '{1,-2}'))::int;
rollback;
