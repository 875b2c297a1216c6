-- Which row of which source became which record, so that nothing comes in twice.
create table exchange_row (
  station_id @uuid not null, namespace text not null, row_key text not null, content @blob not null, record_id @uuid not null,
  import_id @uuid not null, primary key (station_id, namespace, row_key)
);
create table exchange_import (
  station_id @uuid not null, id @uuid not null, file_name text not null, digest @blob not null, mapping text not null,
  rows @int not null, accepted @int not null, known @int not null, refused @int not null, skipped @int not null,
  started_at @int not null, primary key (station_id, id)
);
