-- grants.sql - who may call what: a matrix of functions and roles. Everything
-- not named here is for nobody but owners: inner functions are called by
-- functions. Re-applied on every deploy; what it does not say is taken away.
do $$
declare
    v_fn record;
    v_row record;
begin
    execute 'revoke all on all tables in schema app, ops, ledger, meta from public';
    execute 'revoke all on all functions in schema app, ops, ledger, meta from public';
    for v_fn in
        select p.oid::regprocedure as f, r.rolname from pg_proc p cross join pg_roles r
        where p.pronamespace in ('app'::regnamespace, 'ops'::regnamespace, 'ledger'::regnamespace)
          and r.rolname in ('boxoffice_api', 'boxoffice_hook', 'boxoffice_jobs', 'boxoffice_payouts', 'boxoffice_sealer',
              'boxoffice_auditor', 'boxoffice_backup')
    loop
        execute format('revoke all on function %s from %I', v_fn.f, v_fn.rolname);
    end loop;

    for v_row in
        select m.fn, m.roles from (values
            ('ops.now',                  '{definer,api,hook,jobs,payouts,sealer,auditor}'),
            ('ops.node_id',              '{definer}'),
            ('ledger.is_balanced',       '{definer}'),
            ('ops.clock_get',            '{api,jobs}'),
            ('ops.clock_advance',        '{api}'),
            ('ops.house_get',            '{api,hook,jobs}'),
            ('ops.idem_claim',           '{api}'),
            ('ops.idem_finish',          '{api,jobs}'),
            ('ops.idem_get',             '{api,jobs}'),
            ('ops.jobs_due_orgs',        '{jobs}'),
            ('ops.job_claim',            '{jobs}'),
            ('ops.job_finish',           '{jobs}'),
            ('ops.job_again',            '{jobs}'),
            ('ops.job_ensure',           '{jobs}'),
            ('ops.job_next',             '{jobs}'),
            ('ops.job_turn',             '{jobs}'),
            ('ops.older_over',           '{jobs}'),
            ('ops.job_extend',           '{jobs}'),
            ('ops.sweep_since',          '{jobs}'),
            ('ops.recovery_end',         '{jobs}'),
            ('ops.recovery_rest',        '{jobs}'),
            ('app.webhook_take',         '{hook,jobs}'),
            ('app.webhooks_due',         '{jobs}'),
            ('app.webhooks_claim',       '{jobs}'),
            ('app.webhooks_done',        '{jobs}'),
            ('app.webhook_again',        '{jobs}'),
            ('app.webhooks_missing',     '{jobs}'),
            ('app.credential_create',    '{api}'),
            ('app.credential_find',      '{api,hook}'),
            ('app.credential_by_id',     '{api}'),
            ('app.credential_revoke',    '{api}'),
            ('app.organizer_create',     '{api}'),
            ('app.organizer_update',     '{api}'),
            ('app.organizer_verify',     '{api}'),
            ('app.organizer_get',        '{api,jobs}'),
            ('app.organizers_list',      '{api}'),
            ('app.event_create',         '{api}'),
            ('app.event_update',         '{api}'),
            ('app.event_move',           '{api}'),
            ('app.event_cancel',         '{api}'),
            ('app.event_postpone',       '{api}'),
            ('app.event_complete',       '{jobs}'),
            ('app.event_get',            '{api,jobs}'),
            ('app.events_list',          '{api}'),
            ('app.events_list_all',      '{api}'),
            ('app.ticket_type_create',   '{api}'),
            ('app.ticket_type_update',   '{api}'),
            ('app.ticket_types_list',    '{api}'),
            ('app.promo_create',         '{api}'),
            ('app.promo_update',         '{api}'),
            ('app.promo_get',            '{api}'),
            ('app.promos_list',          '{api}'),
            ('app.promos_list_all',      '{api}'),
            ('app.promos_usage',         '{api}'),
            ('app.promo_flagged',        '{api}'),
            ('app.order_snapshot',       '{api}'),
            ('app.guest_create',         '{api}'),
            ('app.guest_get',            '{api}'),
            ('app.order_open',           '{api}'),
            ('app.promos_snapshot',      '{api}'),
            ('app.order_pay',            '{api}'),
            ('app.order_free',           '{api}'),
            ('app.order_cancel',         '{api}'),
            ('app.order_expire',         '{jobs}'),
            ('app.orders_plan',          '{jobs}'),
            ('app.orders_mature',        '{jobs}'),
            ('app.orders_next',          '{jobs}'),
            ('app.orders_freed',         '{jobs}'),
            ('app.order_views',          '{api,jobs}'),
            ('app.orders_page',          '{api}'),
            ('app.batch_plan',           '{jobs}'),
            ('app.batch_next',           '{jobs}'),
            ('app.batch_take',           '{jobs}'),
            ('app.batch_tried',          '{jobs}'),
            ('app.batch_end',            '{jobs}'),
            ('app.batch_get',            '{api}'),
            ('app.refund_facts',         '{api,jobs}'),
            ('app.refund_tickets',       '{api,jobs}'),
            ('app.refund_available',     '{api,jobs}'),
            ('app.refund_open',          '{api,jobs}'),
            ('app.refund_try',           '{jobs}'),
            ('app.refund_fail',          '{jobs}'),
            ('app.refund_views',         '{api,jobs}'),
            ('app.refunds_page',         '{api}'),
            ('app.dispute_views',        '{api,jobs}'),
            ('app.evidence_put',         '{api}'),
            ('app.evidence_list',        '{api,jobs}'),
            ('app.evidence_body',        '{api,jobs}'),
            ('app.evidence_facts',       '{api}'),
            ('app.evidence_tickets',     '{api}'),
            ('app.evidence_refunds',     '{api}'),
            ('app.evidence_orders',      '{api}'),
            ('app.evidence_submit',      '{api}'),
            ('app.evidence_accept',      '{api,jobs}'),
            ('app.evidence_uploaded',    '{jobs}'),
            ('app.evidence_sent',        '{jobs}'),
            ('app.evidence_due',         '{jobs}'),
            ('app.payment_begin',        '{api}'),
            ('app.payment_settle',       '{api,jobs}'),
            ('app.payment_get',          '{api,jobs}'),
            ('app.payment_looked_up',    '{jobs}'),
            ('app.payment_heard',        '{jobs}'),
            ('app.refund_heard',         '{jobs}'),
            ('app.payment_adopt',        '{jobs}'),
            ('app.capture_second',       '{jobs}'),
            ('app.return_begin',         '{jobs}'),
            ('ops.broken_entries_balance',   '{jobs}'),
            ('ops.broken_trial_balance_zero', '{jobs}'),
            ('ops.broken_accounts_right_sign', '{jobs}'),
            ('ops.broken_checkpoints_agree', '{jobs}'),
            ('ops.broken_closed_days_stand', '{jobs}'),
            ('ops.broken_clearing_is_captured', '{jobs}'),
            ('ops.broken_transit_is_owed',   '{jobs}'),
            ('ops.broken_entry_has_object',  '{jobs}'),
            ('ops.broken_order_adds_up',     '{jobs}'),
            ('ops.broken_one_capture_per_order', '{jobs}'),
            ('ops.broken_paid_has_capture',  '{jobs}'),
            ('ops.broken_capture_has_order', '{jobs}'),
            ('ops.broken_paid_has_sale_entry', '{jobs}'),
            ('ops.broken_paid_has_tickets',  '{jobs}'),
            ('ops.broken_no_ticket_of_unpaid', '{jobs}'),
            ('ops.broken_tickets_counted',   '{jobs}'),
            ('ops.broken_promo_counted',     '{jobs}'),
            ('ops.broken_outbox_tells_of_paid', '{jobs}'),
            ('ops.broken_processing_has_attempt', '{jobs}'),
            ('ops.broken_held_expires',      '{jobs}'),
            ('ops.broken_attempt_has_lookup', '{jobs}'),
            ('ops.broken_attempt_not_overdue', '{jobs}'),
            ('ops.broken_capture_is_booked', '{jobs}'),
            ('ops.broken_unplaced_is_returned', '{jobs}'),
            ('ops.broken_refunds_add_up',    '{jobs}'),
            ('ops.broken_refund_is_carried', '{jobs}'),
            ('ops.broken_refunds_within_capture', '{jobs}'),
            ('ops.broken_one_live_refund_per_capture', '{jobs}'),
            ('ops.broken_audit_has_every_payment_change', '{jobs}'),
            ('ops.broken_audit_has_every_order_change', '{jobs}'),
            ('ops.broken_matured_on_time',   '{jobs}'),
            ('ops.broken_released_on_time',  '{jobs}'),
            ('ops.broken_over_is_completed', '{jobs}'),
            ('ops.broken_keys_not_locked',   '{jobs}'),
            ('ops.broken_webhooks_not_stuck', '{jobs}'),
            ('ops.broken_webhooks_not_buried', '{jobs}'),
            ('ops.broken_jobs_not_late',     '{jobs}'),
            ('ops.broken_jobs_not_buried',   '{jobs}'),
            ('ledger.entries_list',      '{api}'),
            ('ledger.balance_head',      '{api}'),
            ('ledger.balances',          '{api,jobs}'),
            ('ledger.balances_at',       '{api}'),
            ('ledger.balances_all',      '{api}'),
            ('ledger.fold_ask',          '{api,jobs}'),
            ('ledger.folds_due',         '{jobs}'),
            ('ledger.fold',              '{jobs}')
        ) m (fn, roles)
    loop
        for v_fn in
            select p.oid::regprocedure as f, r.role from pg_proc p cross join unnest(v_row.roles::text[]) r (role)
            where p.oid::regproc::text = v_row.fn or format('%s.%s', p.pronamespace::regnamespace, p.proname) = v_row.fn
        loop
            execute format('grant execute on function %s to %I', v_fn.f, 'boxoffice_' || v_fn.role);
        end loop;
        if not found then
            raise exception 'grants.sql names %, which does not exist', v_row.fn;
        end if;
    end loop;
    execute 'grant usage on schema app, ops, ledger to boxoffice_api, boxoffice_hook, boxoffice_jobs, boxoffice_payouts, '
        'boxoffice_sealer, boxoffice_auditor';
    execute 'grant usage on schema meta to boxoffice_auditor';
end $$;
