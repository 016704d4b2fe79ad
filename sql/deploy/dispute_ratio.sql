-- Deploy boxoffice:dispute_ratio to pg
-- How many of an organizer's charges are disputed, all together and by event,
-- and what is done about it: of new sales more is kept in reserve.
begin;

create table app.risks (
    org        int  not null,
    object_id  uuid not null,                            -- the organizer's, or an event's
    kind       text not null check (kind in ('organizer', 'event')),
    level      text not null check (level in ('normal', 'warned', 'raised')),
    figures    bigint[] not null,                        -- of 30 days, then of 90: disputes, charges, disputed, charged
    reserve_bps  bigint not null check (reserve_bps between 0 and 10000),   -- of new sales at least this
    reserve_days bigint not null check (reserve_days >= 0),                 -- for at least that long
    reason     text,
    since      timestamptz not null,                     -- of this level
    computed_at timestamptz not null,
    version    int not null,
    constraint risks_figures check (cardinality(figures) = 8),
    constraint risks_reason check ((reason is null) = (level = 'normal')),
    constraint risks_reserve check (level = 'raised' or (reserve_bps = 0 and reserve_days = 0))
);
alter table app.risks add constraint risks_pkey primary key (org, object_id);
insert into meta.kind values ('app.risks', 'org', 'org', 61);

grant select, insert, update on app.risks to boxoffice_definer;

commit;
