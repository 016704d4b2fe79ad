-- app.organizer_update(p_org, p_version, p_doc, p_actor, p_request) -> the row
-- p_doc: columns to change. p_version: what If-Match named, or null. Raises BX030 when it is older.
create or replace function app.organizer_update(p_org int, p_version int, p_doc jsonb, p_actor text, p_request text)
returns setof app.organizers
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_old app.organizers;
    v_new app.organizers;
begin
    select * into v_old from app.organizers o where o.org = p_org for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such organizer';
    elsif v_old.version <> p_version then
        raise exception using errcode = 'BX030', message = 'the organizer has changed since it was read';
    end if;
    v_new := jsonb_populate_record(v_old, p_doc);
    if not exists (select 1 from pg_timezone_names z where z.name = v_new.time_zone) then
        raise exception using errcode = 'BX001', message = '/time_zone: there is no such time zone';
    elsif v_new.currency <> v_old.currency and (exists (select 1 from app.events e where e.org = p_org)
        or exists (select 1 from app.promo_codes p where p.org = p_org)) then
        raise exception using errcode = 'BX002', message = 'the currency can''t change once there are events or promo codes';
    end if;
    v_new.version := v_old.version + 1;
    v_new.terms_sha256 := app.organizer_terms(p_org, v_new.terms);
    update app.organizers set (name, email, country, currency, time_zone, category, fee_percent_bps, fee_fixed_amount,
        fee_payer, payout_hold_days_after_event, payout_hold_days_after_charge, payout_schedule, payout_weekday,
        payout_day_of_month, payout_minimum_amount, payout_reserve_bps, payout_reserve_days, payout_allow_negative,
        refund_fees, refund_until_hours_before_event, dispute_pass_fee, gateway, terms, terms_sha256, version)
      = (v_new.name, v_new.email, v_new.country, v_new.currency, v_new.time_zone, v_new.category, v_new.fee_percent_bps,
        v_new.fee_fixed_amount, v_new.fee_payer, v_new.payout_hold_days_after_event, v_new.payout_hold_days_after_charge,
        v_new.payout_schedule, v_new.payout_weekday, v_new.payout_day_of_month, v_new.payout_minimum_amount,
        v_new.payout_reserve_bps, v_new.payout_reserve_days, v_new.payout_allow_negative, v_new.refund_fees,
        v_new.refund_until_hours_before_event, v_new.dispute_pass_fee, v_new.gateway, v_new.terms, v_new.terms_sha256,
        v_new.version)
    where org = p_org;
    perform ops.audit_put(p_org, p_actor, 'organizer.updated', v_new.id, v_new.version, p_request,
        (p_doc - 'name' - 'email' - 'terms') || jsonb_build_object('terms_sha256', v_new.terms_sha256));
    return next v_new;
end $$;
