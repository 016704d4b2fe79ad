-- app.dispute_placed(p_org, p_id, p_capture, p_state, p_note, p_actor, p_request)
-- What became of a gateway's word: placed, with its charge; unmatched, and why.
-- An assignment by hand stays 'new', with its charge, until its job has booked it.
create or replace function app.dispute_placed(p_org int, p_id uuid, p_capture uuid, p_state text, p_note text, p_actor text, p_request text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.dispute_reports;
begin
    select * into v_row from app.dispute_reports r where r.org = p_org and r.id = p_id for update;
    if (v_row.state, v_row.note) is not distinct from (p_state, p_note) then
        return;
    end if;
    update app.dispute_reports set state = p_state, note = p_note, capture_id = coalesce(p_capture, capture_id) where org = p_org and id = p_id;
    if v_row.state <> p_state then
        perform ops.audit_put(p_org, p_actor, 'dispute.report_' || p_state, p_id, null, p_request, jsonb_build_object('gateway', v_row.gateway,
            'dispute', v_row.gateway_dispute, 'word', v_row.word, 'capture', p_capture));
    end if;
end $$;
