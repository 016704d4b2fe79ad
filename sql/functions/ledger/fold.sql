-- ledger.fold(p_org, p_most) -> entries taken in
-- Takes up to about p_most entries of each node from the tail into the
-- checkpoint. Of our own node: those of transactions below the horizon, all of
-- which have ended and are seen by the sum that comes after it. Of other nodes:
-- all, because nobody writes under their ids any more. Two folds of one
-- organizer go one after the other, by the locks on its horizons; no sale
-- takes those.
create or replace function ledger.fold(p_org int, p_most bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_node bigint;
    v_horizon xid8;
    v_start record;
    v_to xid8;
    v_next xid8;
    v_count bigint;
    v_folded bigint := 0;
begin
    select ops.node_id() into v_node from app.organizers o where o.org = p_org;
    if not found then
        return 0;
    end if;
    insert into ledger.horizons (org, node, xid) values (p_org, v_node, '0') on conflict (org, node) do nothing;
    perform h.node from ledger.horizons h where h.org = p_org order by h.node for update;
    -- In a statement of its own: what it calls ended must be seen by those below.
    select pg_snapshot_xmin(pg_current_snapshot()) into v_horizon from app.organizers o where o.org = p_org;

    for v_start in select t.node, t.xid from ledger.tail_starts(p_org) t loop
        select (e.xid::text::bigint + 1)::text::xid8 into v_next from ledger.entries e
        where e.org = p_org and e.node = v_start.node and e.xid >= v_start.xid order by e.xid limit 1;
        continue when not found;
        select e.xid into v_to from ledger.entries e where e.org = p_org and e.node = v_start.node and e.xid >= v_start.xid
        order by e.xid offset p_most limit 1;
        if not found and v_start.node <> v_node then
            select (e.xid::text::bigint + 1)::text::xid8 into v_to from ledger.entries e
            where e.org = p_org and e.node = v_start.node order by e.xid desc limit 1;
        end if;
        -- At least one transaction's, however many entries it has; at most to the horizon.
        v_to := greatest(coalesce(v_to, v_horizon), v_next);
        if v_start.node = v_node then
            v_to := least(v_to, v_horizon);
        end if;
        select count(*) into v_count from ledger.entries e
        where e.org = p_org and e.node = v_start.node and e.xid >= v_start.xid and e.xid < v_to;
        continue when v_count = 0;
        insert into ledger.checkpoints (org, currency, accounts, amounts, folded_at)
        select p_org, s.currency, array_agg(s.account order by s.account), array_agg(s.amount order by s.account), v_now
        from (select p.currency, p.account, sum(p.amount)::bigint as amount
              from (select e.currency, u.account, u.amount from ledger.entries e cross join lateral unnest(e.accounts, e.amounts) u (account, amount)
                    where e.org = p_org and e.node = v_start.node and e.xid >= v_start.xid and e.xid < v_to
                    union all
                    select c.currency, u.account, u.amount from ledger.checkpoints c cross join lateral unnest(c.accounts, c.amounts) u (account, amount)
                    where c.org = p_org) p
              group by p.currency, p.account) s
        group by s.currency
        on conflict (org, currency) do update
            set accounts = excluded.accounts, amounts = excluded.amounts, folded_at = excluded.folded_at;
        insert into ledger.horizons (org, node, xid) values (p_org, v_start.node, v_to)
        on conflict (org, node) do update set xid = excluded.xid;
        v_folded := v_folded + v_count;
    end loop;
    return v_folded;
end $$;
