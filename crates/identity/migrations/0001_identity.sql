-- Accounts, their beats and grids with dates, sessions, one-time links.
create table identity_user (
  station_id @uuid not null, id @uuid not null, account text not null, name text not null, role text not null, unit text not null,
  password text not null, must_change @bool not null, password_at @int not null, failures @int not null, locked_until @int,
  totp @blob, totp_step @int, created_at @int not null, disabled_at @int, version @int not null,
  primary key (station_id, id)
);
create unique index identity_user_id on identity_user (id);
create unique index identity_user_account on identity_user (account);
create table identity_grant (
  station_id @uuid not null, id @uuid not null, user_id @uuid not null, kind text not null, place_id @uuid not null,
  valid_from text not null, valid_until text, granted_by @uuid not null, granted_at @int not null,
  primary key (station_id, id)
);
create index identity_grant_user on identity_grant (user_id);
create index identity_grant_place on identity_grant (place_id);
create table identity_session (
  id @uuid primary key, user_id @uuid not null, token_hash @blob not null, created_at @int not null, seen_at @int not null,
  ended_at @int, device text not null, second_factor @bool not null
);
create unique index identity_session_token on identity_session (token_hash);
create index identity_session_user on identity_session (user_id, ended_at);
create table identity_link (
  id @uuid primary key, token_hash @blob not null, role text not null, user_id @uuid, expires_at @int not null, used_at @int
);
create unique index identity_link_token on identity_link (token_hash);
