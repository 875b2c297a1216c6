-- The index keys of likely repeats and their signatures hold their rows in the key's own tree: one search instead of two.
create table incidents_band_next (
  station_id blob not null, band integer not null, slot integer not null, incident_id blob not null,
  primary key (station_id, band, slot)
) without rowid;
insert into incidents_band_next select station_id, band, slot, incident_id from incidents_band;
drop table incidents_band;
alter table incidents_band_next rename to incidents_band;
create table incidents_signature_next (
  incident_id blob primary key, title_hashes blob not null, body_hashes blob not null, matter_hashes blob not null
) without rowid;
insert into incidents_signature_next select incident_id, title_hashes, body_hashes, matter_hashes from incidents_signature;
drop table incidents_signature;
alter table incidents_signature_next rename to incidents_signature;
