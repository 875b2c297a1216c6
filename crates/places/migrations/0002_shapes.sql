-- Outlines of beats, communities and grids, and the background of the map. Nothing is overwritten: a new outline ends the old one.
create table places_shape (
  station_id @uuid not null references places_station (id), id @uuid not null, kind text not null, owner_id @uuid,
  name text not null, geometry text not null, file_name text not null, created_at @int not null, ended_at @int,
  primary key (station_id, id)
);
create index places_shape_kind on places_shape (station_id, kind, ended_at);
