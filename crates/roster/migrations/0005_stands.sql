-- 在岗: from when to when somebody stood at a post; who goes for a meal and comes back has two. `due_at` is the end of the duty as it
-- was at the sign-in. A time told afterwards says when and by whom it was set; `told_at`: the forgotten one was told.
create table roster_stand (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, day text not null, shift_id @uuid not null, post_id @uuid not null,
  began_at @int not null, due_at @int not null, ended_at @int, ended_why text not null, set_at @int, set_by @uuid, told_at @int,
  primary key (station_id, id)
);
create unique index roster_stand_open on roster_stand (station_id, user_id, day, shift_id) where ended_at is null;
create index roster_stand_days on roster_stand (station_id, day);
create index roster_stand_due on roster_stand (due_at) where ended_at is null;
