-- The incidents of an index key of likely repeats stand in one row, newest first, sixteen bytes each: of what a report wrote, the rows
-- of its keys were the largest part.
create table incidents_band_next (
  station_id blob not null, band integer not null, recent blob not null,
  primary key (station_id, band)
) without rowid;
insert into incidents_band_next (station_id, band, recent)
  select station_id, band, unhex(group_concat(hex(incident_id), '' order by incident_id desc)) from incidents_band group by station_id, band;
drop table incidents_band;
alter table incidents_band_next rename to incidents_band;
