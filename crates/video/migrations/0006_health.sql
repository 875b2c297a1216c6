-- Milliseconds of footage that a stream really keeps: not now minus the oldest file.
alter table video_kept add column span_ms @int not null default 0;
update video_kept set span_ms = coalesce((select sum(f.end_ms - f.start_ms) from video_file f where f.station_id = video_kept.station_id and f.stream_id = video_kept.stream_id), 0);
-- Groups of pictures that were received and not recorded, and jumps of the camera's clock, by the hour.
alter table video_hour add column lost_groups @int not null default 0;
alter table video_hour add column jumps @int not null default 0;
