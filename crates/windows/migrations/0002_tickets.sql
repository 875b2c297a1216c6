-- 叫号: who stands at which window from when to when, tickets of a day.
create table windows_stand (
  station_id @uuid not null, id @uuid not null, window_id @uuid not null, user_id @uuid not null, began_at @int not null,
  ended_at @int, ended_why text not null, primary key (station_id, id)
);
create unique index windows_stand_window on windows_stand (station_id, window_id) where ended_at is null;
create unique index windows_stand_user on windows_stand (station_id, user_id) where ended_at is null;
create index windows_stand_days on windows_stand (station_id, began_at);
create table windows_ticket (
  station_id @uuid not null, id @uuid not null, day text not null, letter text not null, n @int not null, service_id @uuid not null,
  booking_id @uuid, booked_at @int, frail @bool not null, state text not null, drawn_at @int not null, queued_at @int not null,
  first_called_at @int, called_at @int, calls @int not null, window_id @uuid, begun_at @int, ended_at @int, ended_why text not null,
  receipt @blob not null, by_user @uuid, version @int not null, primary key (station_id, id)
);
create unique index windows_ticket_id on windows_ticket (id);
create unique index windows_ticket_number on windows_ticket (station_id, day, letter, n);
create index windows_ticket_receipt on windows_ticket (receipt);
create index windows_ticket_served on windows_ticket (station_id, service_id, begun_at);
