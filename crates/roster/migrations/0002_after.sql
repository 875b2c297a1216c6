-- 调班, 到岗, 日历订阅.
create table roster_swap (
  station_id @uuid not null, id @uuid not null, plan_id @uuid not null, from_user @uuid not null, from_day text not null,
  to_user @uuid not null, to_day text, note text not null, state text not null, asked_at @int not null, agreed_at @int,
  decided_at @int, decided_by @uuid, why text not null, primary key (station_id, id)
);
create index roster_swap_open on roster_swap (station_id, state, asked_at);
create table roster_presence (
  station_id @uuid not null, user_id @uuid not null, day text not null, shift_id @uuid not null, at @int not null, by_user @uuid not null,
  note text not null, primary key (station_id, day, shift_id, user_id)
);
-- Only a hash of the secret address is kept.
create table roster_feed (
  station_id @uuid not null, user_id @uuid not null, token @blob not null, made_at @int not null, primary key (station_id, user_id)
);
create unique index roster_feed_token on roster_feed (token);
