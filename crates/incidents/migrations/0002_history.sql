-- What an incident was after each change: appended with every change, never altered, so that figures can be
-- read as they were known at any moment. Incidents kept before this table begin with two lines: as received, and as
-- they stand with the moment of their last step.
create table incidents_history (
  station_id @uuid not null, incident_id @uuid not null, n @int not null, at @int not null, state text not null,
  category text, found_category text, cluster_id @uuid not null, primary key (station_id, incident_id, n)
);
insert into incidents_history (station_id, incident_id, n, at, state, category, found_category, cluster_id)
  select station_id, id, 1, registered_at, 'new', received_category, null, cluster_id from incidents_intake;
insert into incidents_history (station_id, incident_id, n, at, state, category, found_category, cluster_id)
  select i.station_id, i.id, 2, coalesce((select max(l.at) from incidents_log l where l.incident_id = i.id), i.registered_at), i.state, i.category, i.found_category, i.cluster_id
  from incidents_intake i;
