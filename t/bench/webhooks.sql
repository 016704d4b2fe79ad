-- webhooks.sql - one event kept, as pgbench does it: the statement of
-- domain/webhooks/webhooks.sql.def, committed, and no program around it.
--
-- The id is as random and as long as a gateway's (a UUID), put together by the
-- server, because pgbench has no strings. :payload is a sealed one of the
-- program, as long and as incompressible; :type is as long as the program's.
\set one random(0, 9223372036854775806)
\set two random(0, 9223372036854775806)
select app.webhook_take(encode(int8send(:one) || int8send(:two), 'hex')::uuid::text, 'nmi', :type, :payload, false) as fresh;
