-- app.promo_update(p_org, p_id, p_version, p_doc, p_funds, p_actor, p_request) -> its new version
-- p_doc: columns to change, as JSON. Who may not spend the platform's money
-- (p_funds) can only switch off a code that it pays for. It binds every order
-- that commits later (promo_buckets_change), and makes buyers wait: nothing here
-- takes longer the more a code was used, but a first limit. Raises BX001 (a bad
-- field), BX002 (currency), BX003, BX004, BX022 (a limit below what is used), BX030.
create or replace function app.promo_update(p_org int, p_id uuid, p_version int, p_doc jsonb, p_funds boolean, p_actor text,
    p_request text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_old app.promo_codes;
    v_new app.promo_codes;
    v_currency text;
begin
    select * into v_old from app.promo_codes p where p.org = p_org and p.id = p_id for no key update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such promo code';
    elsif v_old.version <> p_version then
        raise exception using errcode = 'BX030', message = 'the promo code has changed since it was read';
    end if;
    select o.currency into v_currency from app.organizers o where o.org = p_org;
    if p_doc->>'currency' <> v_currency then
        raise exception using errcode = 'BX002', message = format('the organizer sells in %s', v_currency);
    elsif v_old.platform_bps > 0 and not p_funds and not p_doc <@ '{"active": false}' then
        raise exception using errcode = 'BX004', message = 'the platform pays for this code: its organizer can only switch it off';
    end if;
    v_new := app.promo_check(p_org, jsonb_populate_record(v_old, p_doc), p_funds or v_old.platform_bps > 0);
    v_new.version := v_old.version + 1;
    update app.promo_codes set (percent_bps, fixed_amount, fixed_per, events, ticket_types, opens_ticket_types, max_redemptions,
        max_per_guest, budget_amount, min_order_amount, min_tickets, starts_at, ends_at, platform_bps, stacks,
        return_on_refund, active, version)
      = (v_new.percent_bps, v_new.fixed_amount, v_new.fixed_per, v_new.events, v_new.ticket_types, v_new.opens_ticket_types,
        v_new.max_redemptions, v_new.max_per_guest, v_new.budget_amount, v_new.min_order_amount, v_new.min_tickets,
        v_new.starts_at, v_new.ends_at, v_new.platform_bps, v_new.stacks, v_new.return_on_refund, v_new.active, v_new.version)
    where org = p_org and id = p_id;
    perform app.promo_buckets_change(p_org, p_id, v_old.max_redemptions, v_old.budget_amount, v_new.max_redemptions, v_new.budget_amount);
    if v_old.max_per_guest is null and v_new.max_per_guest is not null then
        perform app.promo_guests_count(p_org, p_id);
    end if;
    perform ops.audit_put(p_org, p_actor, 'promo_code.updated', p_id, v_new.version, p_request, p_doc);
    return v_new.version;
end $$;
