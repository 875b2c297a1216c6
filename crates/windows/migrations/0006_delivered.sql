-- 送达 of what was issued, and the register of 告知 about what is not issued any more.
alter table windows_case add column delivered_at @int;
alter table windows_case add column delivered_by @uuid;
alter table windows_case add column delivered_how text;
create index windows_case_delivered on windows_case (station_id, delivered_at);
create table windows_not_issued (
  station_id @uuid not null, id @uuid not null, number text not null, channel text not null, code text not null, name text not null,
  at @int not null, by_user @uuid not null, primary key (station_id, id)
);
create unique index windows_not_issued_number on windows_not_issued (station_id, number);
create index windows_not_issued_at on windows_not_issued (station_id, at);
