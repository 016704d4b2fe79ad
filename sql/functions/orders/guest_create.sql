-- app.guest_create(p_org, p_guest, p_texts): a guest known before any order, for an access token
create or replace function app.guest_create(p_org int, p_guest uuid, p_texts text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app.guest_put(p_org, p_guest, null, p_texts, ops.now());
end $$;
