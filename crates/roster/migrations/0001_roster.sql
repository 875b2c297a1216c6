-- 勤务排班: posts with shifts and needs, values of rules, who may stand where and when, rosters in versions, duties as published.
create table roster_post (
  station_id @uuid not null, id @uuid not null, name text not null, kind text not null, standings text not null, skill text not null,
  mix text not null, must @bool not null, paid_percent @int not null, by_quarter @bool not null, position @int not null,
  created_at @int not null, ended_at @int, version @int not null, primary key (station_id, id)
);
create unique index roster_post_id on roster_post (id);
create table roster_shift (
  station_id @uuid not null, id @uuid not null, post_id @uuid not null, name text not null, code text not null,
  start_minute @int not null, minutes @int not null, position @int not null, ended_at @int, primary key (station_id, id)
);
create table roster_need (
  station_id @uuid not null, post_id @uuid not null, day_type text not null, n @int not null, shift_id @uuid,
  from_minute @int not null, until_minute @int not null, people @int not null, primary key (station_id, post_id, day_type, n)
);
-- Appended; the newest value of a key holds.
create table roster_rule (
  station_id @uuid not null, key text not null, n @int not null, value @int not null, why text not null, at @int not null,
  by_user @uuid not null, primary key (station_id, key, n)
);
create table roster_contract (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, standing text not null, week_hours @int not null,
  fill_percent @int not null, from_day text not null, until_day text, at @int not null, by_user @uuid not null, primary key (station_id, id)
);
create table roster_skill (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, skill text not null, from_day text not null, until_day text,
  at @int not null, by_user @uuid not null, primary key (station_id, id)
);
create table roster_leave (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, kind text not null, from_day text not null, until_day text not null,
  at @int not null, by_user @uuid not null, cancelled_at @int, primary key (station_id, id)
);
create index roster_leave_days on roster_leave (station_id, until_day);
create table roster_wish (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, day text not null, shift_id @uuid, wants @bool not null,
  weight @int not null, at @int not null, withdrawn_at @int, primary key (station_id, id)
);
create index roster_wish_days on roster_wish (station_id, day);
-- A settled cell: this shift, or off when there is none.
create table roster_pin (
  station_id @uuid not null, user_id @uuid not null, day text not null, shift_id @uuid, at @int not null, by_user @uuid not null,
  primary key (station_id, user_id, day)
);
-- A version of a month's roster with the problem it answers, frozen.
create table roster_plan (
  station_id @uuid not null, id @uuid not null, month text not null, n @int not null, origin text not null, parent @uuid,
  state text not null, problem text not null, digest text not null, cells text not null, bound @int not null, seconds @int not null,
  progress @int not null, clash text not null, changes text not null, ended_how text not null, started_at @int not null, beat_at @int not null,
  ended_at @int, stop_at @int, by_user @uuid not null, published_at @int, superseded_at @int, reason text not null, version @int not null,
  primary key (station_id, id)
);
create unique index roster_plan_id on roster_plan (id);
create unique index roster_plan_month on roster_plan (station_id, month, n);
create table roster_duty (
  station_id @uuid not null, plan_id @uuid not null, user_id @uuid not null, day text not null, shift_id @uuid not null, post_id @uuid not null,
  post text not null, shift text not null, code text not null, starts_at @int not null, ends_at @int not null, night @bool not null,
  day_type text not null, primary key (station_id, plan_id, user_id, day)
);
create index roster_duty_days on roster_duty (station_id, day);
create index roster_duty_user on roster_duty (user_id, day);
create table roster_ack (
  station_id @uuid not null, plan_id @uuid not null, user_id @uuid not null, asked_at @int not null, acked_at @int,
  primary key (station_id, plan_id, user_id)
);
