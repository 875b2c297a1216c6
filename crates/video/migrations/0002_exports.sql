-- 录像导出: asked for one span of some cameras, approved by another person where the rule says so.
create table video_export (
  station_id @uuid not null, id @uuid not null, number text not null, watch_id @uuid not null, from_ms @int not null, to_ms @int not null,
  purpose text not null, reason text not null, incident_id @uuid, incident_number text not null, state text not null, at @int not null,
  by_user @uuid not null, user_name text not null, unit text not null, decided_at @int, decided_by @uuid, approver text not null,
  answer text not null, primary key (station_id, id)
);
create unique index video_export_id on video_export (id);
create index video_export_at on video_export (station_id, at);
-- The film of one camera in it: made once, kept for a while, every download in the register.
create table video_clip (
  station_id @uuid not null, id @uuid not null, export_id @uuid not null, camera_id @uuid not null, stream_id @uuid not null,
  state text not null, made_at @int, parts @int not null, bytes @int not null, facts text not null, hold_id @uuid,
  primary key (station_id, id)
);
create unique index video_clip_id on video_clip (id);
create index video_clip_export on video_clip (export_id);
create index video_clip_state on video_clip (state, made_at);
create index video_look_watch on video_look (watch_id);
