-- app.promo_take_one(p_org, p_promo, p_version, p_code, p_discount, p_guest_key)
-- Takes one code's slot: a use and budget, then, where the code limits guests,
-- counts this one. The code is read when the lock of a bucket keeps it from
-- being changed.
-- p_version: what the order was priced on; null: it had the slot before, and
-- what the code has become meanwhile does not matter. Raises 40001 (another
-- version by now: price it anew), BX023 (inactive), BX024 (no use or budget
-- left), BX026 (the guest has had them).
create or replace function app.promo_take_one(p_org int, p_promo uuid, p_version bigint, p_code text, p_discount bigint,
    p_guest_key bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_uses bigint;
    v_there boolean;
    v_row app.promo_codes;
begin
    v_there := app.promo_slot_take(p_org, p_promo, p_discount);
    select * into v_row from app.promo_codes p where p.org = p_org and p.id = p_promo;
    if v_row.version <> p_version then
        raise exception using errcode = '40001', message = format('promo code %s has changed since the order was priced', p_code);
    elsif v_row.id is null or not (v_row.active or p_version is null) then
        raise exception using errcode = 'BX023', message = format('promo code %s is not valid any more', p_code);
    elsif not v_there then
        raise exception using errcode = 'BX024', message = format('promo code %s is used up', p_code);
    end if;
    if v_row.max_per_guest is null then
        return;
    end if;
    insert into app.promo_guests as g (org, promo_id, guest_key, uses) values (p_org, p_promo, p_guest_key, 1)
    on conflict (org, promo_id, guest_key) do update set uses = g.uses + 1 returning g.uses into v_uses;
    if v_uses > v_row.max_per_guest then
        raise exception using errcode = 'BX026',
            message = format('promo code %s may be used %s times by one guest', p_code, v_row.max_per_guest);
    end if;
end $$;
