-- 居民议事会: minutes, who was there as a number and, where needed, by name.
create table surveys_meeting (
  station_id @uuid not null, id @uuid not null, title text not null, held_on text not null, place text not null, chair text not null,
  present @int not null, names text not null, minutes text not null, state text not null, created_at @int not null, by_user @uuid not null,
  closed_at @int, version @int not null, primary key (station_id, id)
);
create index surveys_meeting_newest on surveys_meeting (station_id, held_on);
-- 表决 of a meeting. A wrong one is struck, and stays.
create table surveys_vote (
  station_id @uuid not null, meeting_id @uuid not null, id @uuid not null, question text not null, yes @int not null, no @int not null,
  abstained @int not null, struck @bool not null, at @int not null, primary key (station_id, meeting_id, id)
);
-- 意见: what residents wish, online, at a meeting or at the desk; the service and the time that it is about, where said.
create table surveys_wish (
  station_id @uuid not null, id @uuid not null, channel text not null, meeting_id @uuid, service_id @uuid, day_type text, from_minute @int,
  until_minute @int, content text not null, people @int not null, day text not null, state text not null, reply text not null, by_user @uuid,
  replied_at @int, version @int not null, primary key (station_id, id)
);
create index surveys_wish_day on surveys_wish (station_id, day);
create index surveys_wish_meeting on surveys_wish (station_id, meeting_id);
