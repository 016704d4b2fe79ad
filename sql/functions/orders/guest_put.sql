-- app.guest_put(p_org, p_guest, p_person, p_texts, p_now)
-- A guest's row: p_texts = name, email, normalised email, locale, client ip, agent, device ('' = none).
create or replace function app.guest_put(p_org int, p_guest uuid, p_person uuid, p_texts text[], p_now timestamptz)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.guests (org, id, person, name, email, email_normal, locale, client_ip, client_agent, client_device, created_at)
    values (p_org, p_guest, p_person, p_texts[1], p_texts[2], p_texts[3], nullif(p_texts[4], ''), nullif(p_texts[5], ''),
        nullif(p_texts[6], ''), nullif(p_texts[7], ''), p_now);
end $$;
