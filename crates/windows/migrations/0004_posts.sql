-- Which post of the roster opened a window, since when: the plan of a past day stays what it was.
create table windows_post (
  station_id @uuid not null, window_id @uuid not null, since @int not null, post_id @uuid, primary key (station_id, window_id, since)
);
insert into windows_post (station_id, window_id, since, post_id) select station_id, id, created_at, post_id from windows_window;
