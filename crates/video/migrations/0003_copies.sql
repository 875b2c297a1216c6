-- 遮挡副本: a copy of an exported film for publication, with hand-placed regions made unrecognisable. The original stays.
create table video_copy (
  station_id @uuid not null, id @uuid not null, clip_id @uuid not null, part @int not null, used_for text not null, regions text not null,
  state text not null, version @int not null, at @int not null, by_user @uuid not null, by_role text not null, user_name text not null, unit text not null,
  made_at @int, bytes @int not null, facts text not null, decided_at @int, decided_by @uuid, approver text not null, answer text not null,
  primary key (station_id, id)
);
create unique index video_copy_id on video_copy (id);
create index video_copy_clip on video_copy (clip_id);
create index video_copy_state on video_copy (state, at);
