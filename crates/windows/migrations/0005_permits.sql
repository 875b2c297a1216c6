-- 居住证: what happened to it after it was issued (使用功能中止, 恢复, 注销). Appended.
create table windows_permit_event (
  station_id @uuid not null, permit_id @uuid not null, n @int not null, kind text not null, on_day text not null, why text not null,
  at @int not null, by_user @uuid not null, primary key (station_id, permit_id, n)
);
