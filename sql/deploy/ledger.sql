-- Deploy boxoffice:ledger to pg
-- Journal entries. One row is one entry, and a CHECK refuses one that does
-- not balance: no trigger, no second row that could be missing.
begin;

-- Whether postings are well formed: as many amounts as accounts, two or more,
-- accounts of the chart in its order and once each, no zero, the sum zero.
-- plpgsql, because one-row checks cost 18 us in it and 121 us in language sql.
create function ledger.is_balanced(p_accounts text[], p_amounts bigint[]) returns boolean
language plpgsql immutable parallel safe
as $$
declare
    chart constant text[] := array['gateway_clearing', 'gateway_reserve', 'bank', 'dispute_receivable',
        'organizer_pending', 'organizer_available', 'organizer_reserve', 'organizer_dispute_hold',
        'payouts_in_transit', 'refunds_in_transit', 'tax_payable', 'ticket_revenue', 'promo_discounts',
        'refunds', 'fee_revenue', 'dispute_fee_revenue', 'organizer_share', 'gateway_fees', 'dispute_fees',
        'dispute_losses', 'platform_adjustments', 'bad_debt'];
    total numeric := 0;
    place int := 0;
    next_place int;
begin
    if cardinality(p_accounts) < 2 or cardinality(p_accounts) <> cardinality(p_amounts) then
        return false;
    end if;
    for i in 1 .. cardinality(p_accounts) loop
        next_place := array_position(chart, p_accounts[i]);
        if next_place is null or next_place <= place or p_amounts[i] is null or p_amounts[i] = 0 then
            return false;
        end if;
        place := next_place;
        total := total + p_amounts[i];
    end loop;
    return total = 0;
end $$;

create table ledger.entries (
    org         int  not null,
    id          uuid not null,
    effect      text not null,                       -- what happened: sale, refund, ...
    object_id   uuid not null,                       -- to what: order, refund, ...
    order_id    uuid,
    promo       text,
    currency    text not null,
    accounts    text[]   not null,
    amounts     bigint[] not null,                   -- minor units, debit positive
    reverses    uuid,
    occurred_at timestamptz not null,                -- at the gateway or bank
    recorded_at timestamptz not null,                -- here
    xid         xid8   not null default pg_current_xact_id(),
    node        bigint not null default ops.node_id(),
    constraint entries_once unique (org, effect, object_id),
    constraint entries_balance check (ledger.is_balanced(accounts, amounts))
);
-- No foreign key to the organizer: checking it would lock that one row in every
-- sale. entry_post selects from it, and nobody may delete an organizer.
create index entries_newest on ledger.entries (org, recorded_at desc, id desc);
create index entries_of_order on ledger.entries (org, order_id);
alter table ledger.entries add constraint entries_pkey primary key (org, id);
insert into meta.kind values ('ledger.entries', 'org', 'org', 50);

grant select, insert on ledger.entries to boxoffice_definer;
grant execute on function ledger.is_balanced(text[], bigint[]) to boxoffice_definer;

commit;
