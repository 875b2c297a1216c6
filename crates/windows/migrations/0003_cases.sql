-- 办件 with the register of numbers by channel, 居住证 with its clock.
create table windows_case (
  station_id @uuid not null, id @uuid not null, number text not null, channel text not null, kind text not null, name text not null,
  service_id @uuid not null, ticket_id @uuid, booking_id @uuid, person_id @uuid not null, proxy text not null, purpose text not null,
  papers text not null, missing text not null, told_at @int, state text not null, made_at @int not null, accepted_at @int, due text,
  decided_at @int, decided_by @uuid, result_number text not null, result_code text not null, statement text not null, valid_until text,
  why text not null, instead text not null, permit_id @uuid, by_user @uuid not null, version @int not null, primary key (station_id, id)
);
create unique index windows_case_id on windows_case (id);
create unique index windows_case_number on windows_case (station_id, number);
create index windows_case_made on windows_case (station_id, made_at);
create index windows_case_open on windows_case (station_id, state, due);
create table windows_permit (
  station_id @uuid not null, id @uuid not null, case_id @uuid not null, person_id @uuid not null, number text not null, issued_on text not null,
  counted_from text not null, years @int not null, ended_on text, ended_why text not null, version @int not null, primary key (station_id, id)
);
create unique index windows_permit_id on windows_permit (id);
create unique index windows_permit_number on windows_permit (station_id, number);
-- 签注: appended.
create table windows_endorsement (
  station_id @uuid not null, permit_id @uuid not null, n @int not null, on_day text not null, due text not null, late @bool not null,
  case_id @uuid not null, by_user @uuid not null, at @int not null, primary key (station_id, permit_id, n)
);
