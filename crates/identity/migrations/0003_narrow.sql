-- 限本警务区: the account sees records of its own beats only.
alter table identity_user add column own_beats boolean not null default false;
