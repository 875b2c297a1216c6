-- 人员: one row per person and station. Numbers are sealed; equal ones are found by a keyed blind index.
-- Of a number only the tail needed to tell two people apart stands in the clear (see model.rs).
create table people_person (
  station_id @uuid not null, id @uuid not null unique, name text not null, sex text not null, ethnicity text not null,
  birth text, adult_on text, minor_told @bool not null, id_kind text not null,
  id_sealed @blob, id_blind @blob, id_tail text not null, phone_sealed @blob, phone_blind @blob, phone_tail text not null,
  kind text, contact @bool not null, protected @bool not null, domicile text not null, pending_place text not null,
  died_on text, erased_at @int, last_used_at @int not null, created_at @int not null, version @int not null,
  primary key (station_id, id), unique (station_id, id_blind)
);
create index people_person_phone on people_person (station_id, phone_blind);
create index people_person_name on people_person (station_id, name);
create index people_person_contact on people_person (contact, last_used_at);

create table people_residence (
  station_id @uuid not null, id @uuid not null unique, person_id @uuid not null references people_person (id),
  address_id @uuid not null, relation text not null, from_day text not null, until_day text, created_at @int not null,
  primary key (station_id, id)
);
create index people_residence_person on people_residence (person_id, from_day);
create index people_residence_address on people_residence (address_id, until_day);

create table people_hold (
  station_id @uuid not null, id @uuid not null unique, person_id @uuid not null references people_person (id),
  reason text not null, placed_by @uuid not null, placed_at @int not null, released_by @uuid, released_at @int,
  release_reason text not null,
  primary key (station_id, id)
);
create index people_hold_person on people_hold (person_id, released_at);

create table people_retention_run (
  station_id @uuid not null, id @uuid not null, at @int not null, by_user @uuid not null, dry_run @bool not null,
  report text not null,
  primary key (station_id, id)
);
