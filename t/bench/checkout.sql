-- checkout.sql - one paid checkout as pgbench runs it: the statements of
-- domain/*/*.sql.def with the parameters, pipelines and transactions of
-- order_place and payment_settle, and no program around them.
--
-- Constants come with -D from t/bench/checkout, which takes them from an order
-- that the API made. Ids are put together as uuid_new does: milliseconds,
-- version, 12 random bits; variant, organizer, 30 random bits. A client's
-- clock here is its start plus :step for each checkout, because pgbench has
-- none; so ids grow with time as the program's do, and indexes are as warm.
\set n :n + 1
\set txn :first + :n * 64 + :client_id
\set hi (:start + :n * :step) * 65536 + 32768 + random(0, 4095)
\set order :low + random(0, 1073741823)
\set guest :low + random(0, 1073741823)
\set payment :low + random(0, 1073741823)
\set entry :low + random(0, 1073741823)
\set one :low + random(0, 1073741823)
\set two :low + random(0, 1073741823)

\startpipeline
select * from app.credential_find(:hash);
\endpipeline

\startpipeline
begin;
select * from ops.idem_claim(:idem_org, :principal, md5(:txn::text), 'POST', '/v1/orders', :body_hash,
    encode(int8send(:hi) || int8send(:txn), 'hex'), 'server', :fence_ms, encode(int8send(:hi) || int8send(:order), 'hex')::uuid,
    encode(int8send(:hi) || int8send(:txn), 'hex')::uuid);
select * from app.order_snapshot(:org, :event, array[:type]::uuid[]);
\endpipeline

\startpipeline
select * from app.order_open(:org, encode(int8send(:hi) || int8send(:order), 'hex')::uuid, :event, 'processing',
    encode(int8send(:hi) || int8send(:guest), 'hex')::uuid, null, :guest_texts, :currency, :order_amounts, :policy, null, :age_confirmed,
    :hold_seconds, array[:type]::uuid[], :quantities, :lines, :parts, :actor, encode(int8send(:hi) || int8send(:txn), 'hex'));
select app.payment_begin(:org, encode(int8send(:hi) || int8send(:order), 'hex')::uuid,
    encode(int8send(:hi) || int8send(:payment), 'hex')::uuid, 'pay_' || encode(int8send(:hi) || int8send(:payment), 'hex'), :gateway,
    :total, :currency, :idem_org, :principal, md5(:txn::text), 201, :fence_ms, :actor, encode(int8send(:hi) || int8send(:txn), 'hex'));
commit;
\endpipeline

\startpipeline
begin;
select app.payment_settle(:org, encode(int8send(:hi) || int8send(:payment), 'hex')::uuid, 'succeeded', :outcome, null, :txn::text,
    :brand, :last4, array[encode(int8send(:hi) || int8send(:one), 'hex')::uuid, encode(int8send(:hi) || int8send(:two), 'hex')::uuid],
    array[substr(md5(:txn::text || '1'), 1, 26), substr(md5(:txn::text || '2'), 1, 26)], encode(int8send(:hi) || int8send(:entry), 'hex')::uuid,
    :accounts, :amounts, :lookup_ms, :actor, encode(int8send(:hi) || int8send(:txn), 'hex'), null);
select ops.idem_finish(:idem_org, :principal, md5(:txn::text), 201, :answer);
commit;
\endpipeline
