-- 待办: what somebody has to do by when. Titles hold numbers and kinds, never personal values.
create table notices_task (
  station_id @uuid not null, id @uuid not null, kind text not null, title text not null, path text not null,
  record_id @uuid not null, to_user @uuid, to_role text, due @int not null, created_at @int not null,
  done_at @int, done_by @uuid, escalated_at @int,
  primary key (station_id, id)
);
create index notices_task_user on notices_task (to_user, done_at, due);
create index notices_task_role on notices_task (station_id, to_role, done_at, due);
create index notices_task_record on notices_task (record_id, kind);
create index notices_task_due on notices_task (done_at, escalated_at, due);
