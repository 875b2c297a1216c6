-- Index keys of likely repeats, at most eight incidents to a key (the newest push the oldest out), so that a
-- matter reported ten thousand times costs no more to compare than one reported ten times.
create table incidents_band (
  station_id @uuid not null, band @int not null, slot @int not null, incident_id @uuid not null,
  primary key (station_id, band, slot)
);
insert into incidents_band (station_id, band, slot, incident_id)
  select s.station_id, s.band, i.n % 8, s.incident_id from incidents_shingle s join incidents_intake i on i.id = s.incident_id
  where true order by i.called_at desc on conflict do nothing;
drop table incidents_shingle;
-- Found by EXPLAIN QUERY PLAN on a million incidents: what was a walk through the whole table.
create unique index incidents_dispatch_id on incidents_dispatch (id);
create index incidents_dispatch_sent on incidents_dispatch (station_id, sent_at);
create index incidents_link_from on incidents_link (from_id);
create index incidents_intake_other on incidents_intake (other_address_id, called_at);
create index incidents_intake_moment on incidents_intake (called_at, id);
