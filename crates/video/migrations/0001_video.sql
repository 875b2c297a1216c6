-- 公共安全视频: cameras with streams, who may watch, what was recorded, who looked at what and why.
create table video_network (
  station_id @uuid not null, id @uuid not null, network text not null, note text not null, at @int not null, by_user @uuid not null,
  ended_at @int, ended_by @uuid, primary key (station_id, id)
);
create table video_group (
  station_id @uuid not null, id @uuid not null, parent_id @uuid, name text not null, position @int not null, at @int not null,
  ended_at @int, primary key (station_id, id)
);
create table video_camera (
  station_id @uuid not null, id @uuid not null, number text not null, name text not null, place text not null, place_kind text not null,
  building_id @uuid, lon double precision, lat double precision, direction @int, view_angle @int, group_id @uuid, restricted @bool not null, keep_days @int not null,
  filing_unit text not null, filing_number text not null, filing_day text, in_use_day text, device_kind text not null,
  sign_in_name @blob, sign_in_password @blob, created_at @int not null, created_by @uuid not null, ended_at @int, end_reason text not null,
  version @int not null, primary key (station_id, id)
);
create unique index video_camera_id on video_camera (id);
create unique index video_camera_number on video_camera (station_id, number);
create table video_stream (
  station_id @uuid not null, id @uuid not null, camera_id @uuid not null, kind text not null, url text not null, record @bool not null,
  quota_mb @int not null, ended_at @int, primary key (station_id, id)
);
create unique index video_stream_id on video_stream (id);
create index video_stream_camera on video_stream (camera_id);
-- Of a restricted camera: what each role may do with it.
create table video_right (
  station_id @uuid not null, camera_id @uuid not null, role text not null, live @bool not null, replay @bool not null, export @bool not null,
  primary key (station_id, camera_id, role)
);
create table video_hold (
  station_id @uuid not null, id @uuid not null, camera_id @uuid not null, from_ms @int not null, to_ms @int not null, reason text not null,
  incident_id @uuid, at @int not null, by_user @uuid not null, released_at @int, released_by @uuid, release_reason text not null,
  primary key (station_id, id)
);
create index video_hold_camera on video_hold (camera_id);
-- 一次调阅: the purpose is stated once; every look within it stands below.
create table video_watch (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, purpose text not null, reason text not null, incident_id @uuid,
  incident_number text not null, at @int not null, ended_at @int, primary key (station_id, id)
);
create unique index video_watch_id on video_watch (id);
-- 视频调阅登记 (条例 §16-2-3): unit and name as they were at that moment.
create table video_look (
  station_id @uuid not null, id @uuid not null, watch_id @uuid not null, camera_id @uuid not null, stream text not null, user_id @uuid not null,
  user_name text not null, unit text not null, role text not null, kind text not null, purpose text not null, reason text not null, incident_id @uuid,
  incident_number text not null, began_at @int not null, until_at @int not null, from_ms @int not null, to_ms @int not null,
  exported @bool not null, open @bool not null, primary key (station_id, id)
);
create index video_look_began on video_look (station_id, began_at);
create index video_look_camera on video_look (camera_id, began_at);
create index video_look_open on video_look (open, until_at);
-- One row a recorded file; the file's name is its moment.
create table video_file (
  station_id @uuid not null, stream_id @uuid not null, name_ms @int not null, start_ms @int not null, end_ms @int not null, bytes @int not null,
  follows_break @bool not null, primary key (station_id, stream_id, name_ms)
);
create index video_file_stream on video_file (stream_id, start_ms);
create index video_file_start on video_file (station_id, start_ms);
-- Sums over the rows above, kept with them: a month of a hundred cameras is four million rows.
create table video_kept (
  station_id @uuid not null, stream_id @uuid not null, files @int not null, bytes @int not null, primary key (station_id, stream_id)
);
-- What retention removed, added up by day and reason.
create table video_removed (
  station_id @uuid not null, stream_id @uuid not null, day text not null, reason text not null, files @int not null, bytes @int not null,
  oldest_ms @int not null, newest_ms @int not null, primary key (station_id, stream_id, day, reason)
);
-- Health by the hour: seconds looked at, seconds alive, sum of bits per second over those.
create table video_hour (
  station_id @uuid not null, stream_id @uuid not null, hour_ms @int not null, seconds @int not null, live @int not null, watched @int not null,
  bit_rate_sum @int not null, lost_packets @int not null, skew_ms @int not null, primary key (station_id, stream_id, hour_ms)
);
create table video_alarm (
  station_id @uuid not null, id @uuid not null, camera_id @uuid, kind text not null, detail text not null, began_at @int not null, ended_at @int,
  primary key (station_id, id)
);
create index video_alarm_open on video_alarm (station_id, ended_at, began_at);
