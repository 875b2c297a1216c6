-- 群众申请查阅 (条例 §21): who asked to see, in what relation to the person in the picture, who allowed it.
create table video_visitor (
  station_id @uuid not null, watch_id @uuid not null, at @int not null, name text not null, relation text not null, about text not null,
  allowed_by text not null, primary key (watch_id)
);
create index video_visitor_at on video_visitor (station_id, at);
