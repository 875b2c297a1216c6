-- 保留措施 of records that other domains keep (reports, disputes), and one line for every record that a clearing run emptied.
create table people_record_hold (
  station_id @uuid not null, id @uuid not null, kind text not null, record_id @uuid not null, reason text not null,
  placed_by @uuid not null, placed_at @int not null, released_by @uuid, released_at @int, release_reason text not null,
  primary key (station_id, id)
);
create index people_record_hold_record on people_record_hold (record_id, released_at);
create table people_cleared (
  station_id @uuid not null, id @uuid not null, kind text not null, record_id @uuid not null, at @int not null,
  by_user @uuid not null, class text not null, rule text not null, source text not null, before_day text not null,
  primary key (station_id, id)
);
create index people_cleared_record on people_cleared (record_id);
create index people_cleared_at on people_cleared (at);
