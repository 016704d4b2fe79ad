-- ledger.postings: entries unnested, for people and reports. Programs read functions.
create or replace view ledger.postings as
select e.org, e.id as entry_id, e.effect, e.object_id, e.order_id, e.currency, p.account, p.amount, p.place,
    e.occurred_at, e.recorded_at
from ledger.entries e
cross join lateral unnest(e.accounts, e.amounts) with ordinality p (account, amount, place);
