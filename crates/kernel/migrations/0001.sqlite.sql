-- The kernel's tables (SQLite).
create table kernel_command (
  id blob primary key, user_id blob not null, action text not null, at integer not null, result text not null
) without rowid;
create table kernel_audit (
  chain blob not null, seq integer not null, at integer not null, alg text not null,
  prev blob not null, hash blob not null, body text not null, primary key (chain, seq)
);
create table kernel_audit_head (chain blob primary key, seq integer not null, hash blob not null) without rowid;
create table kernel_audit_subject (
  kind text not null, id blob not null, chain blob not null, seq integer not null,
  primary key (id, kind, chain, seq)
) without rowid;
create table kernel_audit_seal (
  chain blob not null, seq integer not null, at integer not null, hash blob not null,
  alg text not null, key_id text not null, signature blob not null, pruned boolean not null default false,
  primary key (chain, seq, at)
) without rowid;
create table kernel_event (
  n integer primary key autoincrement, station_id blob not null, topic text not null, record_id blob not null, at integer not null
);
create table kernel_number (
  station_id blob not null, name text not null, year integer not null, last integer not null,
  primary key (station_id, name, year)
) without rowid;
create table kernel_search (
  doc integer primary key, kind text not null, id blob not null unique, station_id blob not null,
  grid_id blob, at integer not null, title text not null
);
create index kernel_search_station on kernel_search (station_id, kind, doc);
create virtual table kernel_search_fts using fts5 (tokens, content = '', contentless_delete = 1, detail = 'full', tokenize = 'ascii');
create table kernel_job (
  name text primary key, next_at integer not null, running_until integer not null default 0, last_at integer, last_error text
) without rowid;
