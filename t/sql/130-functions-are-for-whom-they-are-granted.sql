-- Proves that no function of the product can be called by PUBLIC, that inner
-- functions can be called by no program, and that what is granted can be used.
-- By the catalogue; t/sql/140 compares the whole matrix with grants.sql.
begin;
select no_plan();
\ir lib/shop.sql

create temp view fns as
    select p.oid, p.oid::regprocedure::text as fn, p.pronamespace::regnamespace::text || '.' || p.proname as full_name,
        p.proowner, p.prosecdef, p.provolatile
    from pg_proc p where p.pronamespace::regnamespace::text in ('meta', 'ops', 'app', 'ledger');

select is_empty($$select f.fn from fns f join pg_proc p on p.oid = f.oid cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0$$,
    'PUBLIC may execute none');
select is_empty($$select f.fn, a.grantee::regrole from fns f join pg_proc p on p.oid = f.oid cross join aclexplode(p.proacl) a where a.is_grantable
    and a.grantee <> p.proowner$$,
    'nobody may pass a right on');
select is_empty($$select full_name from fns group by 1 having count(*) > 1$$,
    'no name stands for two functions: a changed signature gets a new name');
select is_empty($$select fn from fns where pg_get_userbyid(proowner) not in ('boxoffice_owner', 'boxoffice_definer')$$,
    'each belongs to the owner or the definer');
select is_empty($$select fn from fns where prosecdef and provolatile = 'v' and pg_get_userbyid(proowner) <> 'boxoffice_definer'$$,
    'each that writes belongs to the definer, which has no more than the rights it needs');
select is_empty($$select f.fn, r from fns f cross join unnest('{boxoffice_payouts, boxoffice_sealer, boxoffice_auditor, boxoffice_backup}'::name[]) r
    where has_function_privilege(r, f.oid, 'execute') and f.prosecdef and f.provolatile = 'v'$$,
    'payouts, sealer, auditor and backup write nothing yet');

-- Functions that make sense only inside another's transaction.
select is(has_function_privilege(r, f.oid, 'execute'), false, r || ' may not call ' || f.full_name)
from fns f cross join unnest('{boxoffice_api, boxoffice_hook, boxoffice_jobs}'::name[]) r
where f.full_name in ('ledger.entry_post', 'app.order_paid', 'app.order_release', 'app.order_held_again', 'app.inventory_take',
    'app.inventory_give', 'app.inventory_set', 'app.inventory_refuse', 'app.guest_put', 'ops.job_put', 'ops.job_drop',
    'ops.audit_put', 'ops.outbox_put', 'app.order_retake', 'app.capture_unplaced', 'app.refund_ended',
    'app.discrepancy_open', 'ops.id_new', 'app.refund_takes', 'app.ticket_left', 'app.ticket_status', 'app.event_over', 'app.refund_reported', 'app.refund_reports_ask',
    'app.event_frozen', 'app.batch_risk', 'app.batch_put', 'app.batch_add', 'app.batch_again', 'app.batch_reopen', 'app.batch_counts',
    'app.dispute_owed', 'app.dispute_heard', 'app.dispute_told', 'app.dispute_order_told', 'app.dispute_capture_state', 'app.dispute_booked', 'ops.days_later', 'ops.holds_untimely', 'ops.holds_to_ask', 'ops.freed_early', 'ops.kept_late', 'app.order_dates', 'app.order_holds', 'app.order_has_entry', 'app.order_plan', 'app.order_wake',
    'app.orders_wake', 'app.order_freed',
    'app.promo_take', 'app.promo_take_one', 'app.promo_slot_take', 'app.promo_give', 'app.promo_retake', 'app.promo_buckets_make', 'app.promo_buckets_change', 'app.promo_guests_count', 'app.promo_check', 'app.promo_types_check', 'app.promo_window', 'app.promo_done', 'app.promo_kept', 'app.promo_instant', 'ops.local_instant') order by f.full_name, r;

-- Those that are an operator's.
select is(has_function_privilege(r, f.oid, 'execute'), false, r || ' may not call ' || f.full_name)
from fns f cross join unnest('{boxoffice_api, boxoffice_hook, boxoffice_jobs}'::name[]) r
where f.full_name in ('ops.epoch_renew', 'ops.sealed_by', 'ops.answers_sealed', 'ops.answer_reseal', 'app.webhooks_list', 'app.webhook_get',
    'app.webhook_replay', 'app.webhooks_sealed', 'app.webhook_reseal', 'app.payments_open', 'ledger.close_ask', 'ledger.close_pending',
    'ledger.close_orgs', 'ledger.close_org', 'ledger.close_day', 'app.promos_copy', 'app.promos_of_batch', 'app.dispute_assign', 'app.disputes_unmatched', 'app.batches_list', 'app.batch_failures',
    'app.batch_pause', 'app.batch_resume') order by f.full_name, r;
select is(has_function_privilege(r, f.oid, 'execute'), r = 'boxoffice_jobs', 'a recovery is ended by the jobs daemon alone: ' || r)
from fns f cross join unnest('{boxoffice_api, boxoffice_hook, boxoffice_jobs}'::name[]) r where f.full_name = 'ops.recovery_end' order by r;
select is(has_function_privilege(r, f.oid, 'execute'), r <> 'boxoffice_api', 'who takes events in: ' || r)
from fns f cross join unnest('{boxoffice_api, boxoffice_hook, boxoffice_jobs}'::name[]) r where f.full_name = 'app.webhook_take' order by r;

select pg_temp.unplaced('a');
-- Callable without arguments that matter: what is granted is not refused inside.
create function pg_temp.as_role(p_role name, p_sql text) returns void language plpgsql as $$
begin
    execute format('set local role %I', p_role);
    execute p_sql;
    reset role;
end $$;
select lives_ok(format('select pg_temp.as_role(%L, %L)', 'boxoffice_' || r, q), 'boxoffice_' || r || ' runs ' || q)
from (values ('{api,hook,jobs,payouts,sealer,auditor}'::text[], 'select ops.now()'), ('{api,jobs}', 'select * from ops.clock_get()'),
    ('{api,hook,jobs}', 'select * from ops.house_get()'), ('{jobs}', 'select * from ops.jobs_due_orgs(10)'),
    ('{jobs}', 'select * from ops.job_claim(501, 10, 1000, gen_random_uuid())'), ('{api}', 'select * from app.organizers_list(null, null, 10)'),
    ('{api}', 'select * from app.orders_page(501, null, null, null, null, null, null, null, 10)'),
    ('{api}', 'select * from app.orders_page(null, null, null, null, gen_random_uuid(), 0, null, null, 10)'),
    ('{api}', 'select * from ledger.entries_list(null, null, null, array[]::timestamptz[], null, null, 10)'),
    ('{api}', 'select * from app.promos_list_all(null, null, null, null, 10)'), ('{api}', 'select * from app.promos_list(501, null, null, null, null, null, 10)'),
    ('{api}', 'select * from app.promo_get(501, gen_random_uuid())'), ('{api}', 'select * from app.promos_usage(501, null, null, false)'),
    ('{api}', $$select * from app.promo_flagged(501, array[pg_temp.id('code')])$$),
    ('{api}', 'select * from ledger.balance_head(501, null, false)'), ('{api,jobs}', 'select * from ledger.balances(501, null)'),
    ('{api}', 'select * from ledger.balances_at(501, null, now(), true)'), ('{api}', 'select * from ledger.balances_all(null, now(), false)'),
    ('{api,jobs}', 'select ledger.fold_ask(501)'), ('{jobs}', 'select * from ledger.folds_due(0, 10)'), ('{jobs}', 'select ledger.fold(501, 10)'),
    ('{api}', 'select * from app.events_list_all(null, null, null, 10)'), ('{api,hook}', $$select * from app.credential_find('\x00')$$),
    ('{jobs}', $$select ops.job_ensure(0, 'sweep', pg_temp.id('sweep'))$$), ('{jobs}', 'select ops.sweep_since(60)'), ('{jobs}', 'select ops.sweep_since(null)'),
    ('{jobs}', $$select ops.job_extend(0, 'sweep', pg_temp.id('sweep'), gen_random_uuid(), 1000)$$), ('{jobs}', $$select ops.recovery_end('tester')$$),
    ('{hook,jobs}', $$select app.webhook_take('event', 'nmi', 'type', '\x01', false)$$), ('{jobs}', 'select * from app.webhooks_due(10)'),
    ('{jobs}', $$select * from app.webhooks_claim('{event}', '{nmi}', 1000, pg_temp.id('lease'), 5)$$),
    ('{jobs}', $$select app.webhook_again('event', 'nmi', pg_temp.id('lease'), 0, 'why', 5)$$),
    ('{jobs}', $$select app.webhooks_done('{event}', '{nmi}', pg_temp.id('lease'), '{applied}', '{note}')$$),
    ('{jobs}', $$select * from app.webhooks_missing('nmi', '{event,other}')$$),
    ('{jobs}', $$select * from app.payment_heard(501, pg_temp.id('payment a'), 'approved', 'other', false, 'r')$$),
    ('{jobs}', $$select * from app.refund_heard(501, null, 'approved', 'gateway payment a', 'gateway refund', 1, 'nmi', false, 'r')$$),
    ('{jobs}', $$select app.payment_adopt(501, pg_temp.id('lost'), null, 'nmi', 'lost', 100, 'USD', 'jobs', 'r')$$),
    ('{api,jobs}', $$select * from app.payment_get(501, pg_temp.id('lost'))$$),
    ('{jobs}', $$select * from app.payment_looked_up(501, pg_temp.id('lost'), true)$$),
    ('{jobs}', $$select pg_temp.second('payment a', 'another of a')$$), ('{jobs}', $$select pg_temp.give_back('capture a', 'refund a')$$),
    ('{jobs}', $$select pg_temp.settle_refund('refund a', 'succeeded')$$),
    ('{api}', $$select * from app.promos_snapshot(501, pg_temp.id('event'), '{CODE}', null)$$),
    ('{api}', 'select * from app.credential_by_id(gen_random_uuid())'), ('{api,jobs}', 'select * from app.order_views(501, array[gen_random_uuid()])')) v (roles, q)
cross join unnest(roles) r;

select * from finish();
rollback;
