-- app.evidence_facts(p_org, p_dispute) -> what the system knows of the disputed purchase, one row
-- Columns of what is not there are null. The charge is the disputed one; the
-- order is its order, also where it did not take the charge.
create or replace function app.evidence_facts(p_org int, p_dispute uuid)
returns table (order_id uuid, ordered_at timestamptz, paid_at timestamptz, policy text, organizer_name text, organizer_email text,
    event_name text, venue_name text, venue_address text, starts_at timestamptz, ends_at timestamptz, event_time_zone text,
    terms text, terms_since timestamptz, client_ip text, client_agent text, client_device text, locale text,
    reference text, transaction text, charged bigint, charged_at timestamptz, card_brand text, card_last4 text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select o.id, o.created_at, o.paid_at, o.policy, z.name, z.email, e.name, e.venue_name, e.venue_address, e.starts_at, e.ends_at, e.time_zone,
        s.body, s.created_at, g.client_ip, g.client_agent, g.client_device, g.locale,
        p.reference, p.gateway_transaction, p.amount, p.created_at, p.card_brand, p.card_last4
    from app.disputes d
    join app.organizers z on z.org = d.org
    join app.payments p on p.org = d.org and p.id = d.capture_id
    left join app.orders o on o.org = p.org and o.id = p.order_id
    left join app.guests g on g.org = o.org and g.id = o.guest_id
    left join app.events e on e.org = o.org and e.id = o.event_id
    left join app.terms s on s.org = o.org and s.sha256 = o.policy::jsonb ->> 'terms_sha256'
    where d.org = p_org and d.id = p_dispute;
end $$;
