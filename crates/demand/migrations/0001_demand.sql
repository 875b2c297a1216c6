-- 需求: arrivals of days before this program counted them, and needs that were made of curves.
create table demand_past (
  station_id @uuid not null, service_id @uuid not null, day text not null, minute @int not null, people @int not null, by_slot @bool not null,
  at @int not null, by_user @uuid not null, primary key (station_id, service_id, day, minute)
);
-- Appended: what was asked, what it gave, and what of it became the need of a post.
create table demand_need (
  station_id @uuid not null, id @uuid not null, post_id @uuid not null, share @int not null, minutes @int not null, hours text not null,
  kinds text not null, needs text not null, basis text not null, at @int not null, by_user @uuid not null, primary key (station_id, id)
);
create index demand_need_post on demand_need (station_id, post_id, at);
