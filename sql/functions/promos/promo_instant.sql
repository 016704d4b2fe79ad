-- app.promo_instant(p_text, p_zone) -> the instant that a code's starts_at or ends_at means at an event
-- With Z it is one; without, it is what clocks in the event's zone show.
create or replace function app.promo_instant(p_text text, p_zone text) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_text like '%Z' then
        return p_text::timestamptz;
    end if;
    return ops.local_instant(p_text::timestamp, p_zone);
end $$;
