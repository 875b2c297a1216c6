-- Content by its digest, encrypted, in pieces; links from records to content.
-- Kept in the database so that a photo commits with its record, is in every backup and is seen by
-- every node (see docs/decisions).
create table attachments_blob (
  digest @blob primary key, media_type text not null, size @int not null, created_at @int not null
);
create table attachments_piece (
  digest @blob not null, n @int not null, sealed @blob not null, primary key (digest, n)
);
create table attachments_link (
  station_id @uuid not null, id @uuid not null, digest @blob not null, record_kind text not null, record_id @uuid not null,
  owner_kind text not null, owner_id @uuid not null, file_name text not null, media_type text not null, size @int not null,
  added_at @int not null, added_by @uuid not null, primary key (station_id, id)
);
create index attachments_link_record on attachments_link (record_id, record_kind);
create index attachments_link_owner on attachments_link (owner_id);
create unique index attachments_link_id on attachments_link (id);
create index attachments_link_digest on attachments_link (digest);
