-- 期初情况: what a person did before the first roster that was published here, as typed in; `day` is the last day before it.
create table roster_opening (
  station_id @uuid not null, user_id @uuid not null, day text not null, shift_id @uuid, run @int not null, nights @int not null,
  rests @int not null, holidays @int not null, at @int not null, by_user @uuid not null, primary key (station_id, user_id, day)
);
-- A qualification that was entered by mistake is taken back, not deleted.
alter table roster_skill add column cancelled_at @int;
