-- The kernel's tables (PostgreSQL).
create table kernel_command (
  id uuid primary key, user_id uuid not null, action text not null, at bigint not null, result text not null
);
create table kernel_audit (
  chain uuid not null, seq bigint not null, at bigint not null, alg text not null,
  prev bytea not null, hash bytea not null, body text not null, primary key (chain, seq)
);
create table kernel_audit_head (chain uuid primary key, seq bigint not null, hash bytea not null);
create table kernel_audit_subject (
  kind text not null, id uuid not null, chain uuid not null, seq bigint not null,
  primary key (id, kind, chain, seq)
);
create table kernel_audit_seal (
  chain uuid not null, seq bigint not null, at bigint not null, hash bytea not null,
  alg text not null, key_id text not null, signature bytea not null, pruned boolean not null default false,
  primary key (chain, seq, at)
);
create table kernel_event (
  n bigserial primary key, station_id uuid not null, topic text not null, record_id uuid not null, at bigint not null
);
create table kernel_number (
  station_id uuid not null, name text not null, year bigint not null, last bigint not null,
  primary key (station_id, name, year)
);
create table kernel_search (
  doc bigint primary key, kind text not null, id uuid not null unique, station_id uuid not null,
  grid_id uuid, at bigint not null, title text not null, tokens tsvector not null
);
create index kernel_search_station on kernel_search (station_id, kind, doc);
create index kernel_search_tokens on kernel_search using gin (tokens);
create table kernel_job (
  name text primary key, next_at bigint not null, running_until bigint not null default 0, last_at bigint, last_error text
);
