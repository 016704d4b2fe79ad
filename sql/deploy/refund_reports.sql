-- Deploy boxoffice:refund_reports to pg
-- What a gateway told of money that went back, until the look-up has made out
-- whose it is: NMI can't be asked for the refunds of a charge, and the charge
-- itself may be one that a restore has cut off.
begin;

create table app.refund_reports (
    org         int  not null,
    gateway     text not null,
    charge      text not null,                           -- the gateway's ids: of the charge,
    transaction text not null,                           -- and of the refund; of a void, the charge's
    state       text not null check (state in ('new', 'done')),
    created_at  timestamptz not null,
    constraint refund_reports_pkey primary key (org, gateway, charge, transaction)
);
create index refund_reports_new on app.refund_reports (org, created_at) where state = 'new';
insert into meta.kind values ('app.refund_reports', 'org', 'org', 59);

grant select, insert, update on app.refund_reports to boxoffice_definer;

-- Their parameters or results change.
drop function if exists app.refund_heard(int, uuid, text, text, boolean, text);
drop function if exists app.return_begin(int, uuid, uuid, text, bigint, text, text);

commit;
