-- ledger.entry_post(p_org, p_id, p_effect, p_object, p_order, p_promo, p_currency, p_accounts, p_amounts, p_occurred, p_reverses)
-- The one place where an entry is written. Unique for ever by (effect, object).
-- insert .. select, so that xid and node are those of the organizer's node.
-- Recorded now; never in a closed day, should the machine's clock have been set back.
create or replace function ledger.entry_post(p_org int, p_id uuid, p_effect text, p_object uuid, p_order uuid,
    p_promo text, p_currency text, p_accounts text[], p_amounts bigint[], p_occurred timestamptz, p_reverses uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_open timestamptz := ledger.closed_until();
begin
    insert into ledger.entries (org, id, effect, object_id, order_id, promo, currency, accounts, amounts, reverses,
        occurred_at, recorded_at)
    select p_org, p_id, p_effect, p_object, p_order, p_promo, p_currency, p_accounts, p_amounts, p_reverses, p_occurred, greatest(v_now, v_open)
    from app.organizers o where o.org = p_org;
    if not found then
        raise exception 'no organizer % for the entry %', p_org, p_id;
    end if;
end $$;
