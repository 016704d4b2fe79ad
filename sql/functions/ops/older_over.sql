-- ops.older_over(p_org, p_mark) -> (over, mark)
-- Whether all that began to write on the organizer's node before the mark was
-- made has ended, so that what begins to read now sees it or never will. null
-- makes a mark, to be handed in again until it is over; so does one of another
-- node (a copy that was restored elsewhere), whose transaction ids say nothing here.
-- A mark is "node/xid" of a transaction of its own: pg_snapshot_xmax would not
-- do, it is the last that has ended plus one, and that one may be under way.
create or replace function ops.older_over(p_org int, p_mark text) returns table (over boolean, mark text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_node bigint;
    v_oldest xid8;
begin
    select ops.node_id() into v_node from app.organizers o where o.org = p_org;
    mark := p_mark;
    if mark is null or split_part(mark, '/', 1) <> v_node::text then
        select v_node || '/' || pg_current_xact_id() into mark from app.organizers o where o.org = p_org;
    end if;
    select pg_snapshot_xmin(pg_current_snapshot()) into v_oldest from app.organizers o where o.org = p_org;
    over := v_oldest >= split_part(mark, '/', 2)::xid8;
    return next;
end $$;
