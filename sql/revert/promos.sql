-- Revert boxoffice:promos from pg
begin;
delete from meta.kind where rel in ('app.promo_codes'::regclass, 'app.promo_buckets'::regclass, 'app.promo_guests'::regclass,
    'app.promo_uses'::regclass);
drop table app.promo_uses, app.promo_guests, app.promo_buckets, app.promo_codes;
commit;
