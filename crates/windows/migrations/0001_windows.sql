-- 服务窗口: services with the papers they need, windows, opening hours by hand with dates, days closed, bookings.
create table windows_service (
  station_id @uuid not null, id @uuid not null, kind text not null, name text not null, papers text not null, note text not null,
  minutes @int not null, letter text not null, bookable @bool not null, at_door @bool not null, position @int not null,
  created_at @int not null, ended_at @int, version @int not null, primary key (station_id, id)
);
create unique index windows_service_id on windows_service (id);
create table windows_window (
  station_id @uuid not null, id @uuid not null, name text not null, post_id @uuid, services text not null, position @int not null,
  created_at @int not null, ended_at @int, version @int not null, primary key (station_id, id)
);
create unique index windows_window_id on windows_window (id);
-- Appended; of a window the newest row that has begun by a day holds on that day.
create table windows_hours (
  station_id @uuid not null, window_id @uuid not null, n @int not null, from_day text not null, spans text not null, why text not null,
  at @int not null, by_user @uuid not null, primary key (station_id, window_id, n)
);
-- A day or a part of it on which the windows are shut (or one of them), whatever the roster says.
create table windows_closure (
  station_id @uuid not null, id @uuid not null, window_id @uuid, day text not null, from_minute @int not null, until_minute @int not null,
  reason text not null, at @int not null, by_user @uuid not null, lifted_at @int, primary key (station_id, id)
);
create index windows_closure_days on windows_closure (station_id, day);
create table windows_booking (
  station_id @uuid not null, id @uuid not null, number text not null, service_id @uuid not null, channel text not null, day text not null,
  minute @int not null, minutes @int not null, person_id @uuid not null, phone_blind @blob not null, frail @bool not null, place text not null,
  note text not null, state text not null, receipt @blob not null, made_at @int not null, ended_at @int, ended_why text not null,
  upset_at @int, told_at @int, told_by @uuid, told_how text not null, officer_id @uuid, visit_day text, visit_minute @int, version @int not null, primary key (station_id, id)
);
create unique index windows_booking_id on windows_booking (id);
create index windows_booking_receipt on windows_booking (receipt);
create index windows_booking_days on windows_booking (station_id, day, minute);
create index windows_booking_phone on windows_booking (station_id, phone_blind, state);
