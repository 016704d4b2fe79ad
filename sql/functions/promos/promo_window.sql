-- app.promo_window(p_text) -> the same time in the form in which it is stored
-- An instant in UTC with Z; a local time without one; both to the second.
create or replace function app.promo_window(p_text text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_text text := regexp_replace(p_text, '\.\d+', '');         -- cut off: as a time the seventh digit is rounded
begin
    if v_text ~ '(Z|[+-]\d\d:\d\d)$' then
        return to_char(v_text::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
    end if;
    return to_char(v_text::timestamp, 'YYYY-MM-DD"T"HH24:MI:SS');
end $$;
