-- The incidents of an index key of likely repeats stand in one row, newest first, sixteen bytes each: of what a report wrote, the rows
-- of its keys were the largest part.
create table incidents_band_next (
  station_id uuid not null, band bigint not null, recent bytea not null,
  primary key (station_id, band)
);
insert into incidents_band_next (station_id, band, recent)
  select station_id, band, string_agg(uuid_send(incident_id), ''::bytea order by incident_id desc) from incidents_band group by station_id, band;
drop table incidents_band;
alter table incidents_band_next rename to incidents_band;
