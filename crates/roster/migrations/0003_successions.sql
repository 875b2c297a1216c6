-- 第二天不能接的班, set by hand beside what rest asks for. Appended; the newest row of a pair holds.
create table roster_succession (
  station_id @uuid not null, before_shift @uuid not null, after_shift @uuid not null, n @int not null, barred @bool not null,
  why text not null, at @int not null, by_user @uuid not null, primary key (station_id, before_shift, after_shift, n)
);
