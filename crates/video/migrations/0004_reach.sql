-- How far a camera sees, metres.
alter table video_camera add column reach_m @int;
