-- app.promo_create(p_org, p_doc, p_funds, p_actor, p_request) -> the code as promo_get has it
-- p_doc: the columns of app.promo_codes as JSON, and maybe the currency. p_funds:
-- whether the caller may spend the platform's money. Raises BX001 (a bad
-- field, the code is taken), BX002 (not the organizer's currency), BX003.
create or replace function app.promo_create(p_org int, p_doc jsonb, p_funds boolean, p_actor text, p_request text)
returns table (promo app.promo_codes, organizer_id uuid, currency text, times_redeemed bigint, discount_given bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_new app.promo_codes := jsonb_populate_record(null::app.promo_codes, p_doc);
    v_org app.organizers;
begin
    -- For share: its currency must not change meanwhile.
    select * into v_org from app.organizers o where o.org = p_org for share;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such organizer';
    elsif p_doc->>'currency' <> v_org.currency then
        raise exception using errcode = 'BX002', message = format('the organizer sells in %s', v_org.currency);
    end if;
    v_new := app.promo_check(p_org, v_new, p_funds);
    v_new.org := p_org;
    v_new.version := 1;
    v_new.created_at := ops.now();
    insert into app.promo_codes select v_new.* where v_new.org = p_org on conflict (org, code_normal) do nothing;
    if not found then
        raise exception using errcode = 'BX001', message = '/code: the organizer has a code of this name already';
    end if;
    perform app.promo_buckets_make(p_org, v_new.id, v_new.max_redemptions, v_new.budget_amount, 16);
    perform ops.audit_put(p_org, p_actor, 'promo_code.created', v_new.id, 1, p_request, to_jsonb(v_new));
    return query select * from app.promo_get(p_org, v_new.id);
end $$;
