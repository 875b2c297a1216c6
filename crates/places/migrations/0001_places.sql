-- 分局-派出所-警务区-社区-网格-小区-楼栋-单元-户, borders with dates. Days are text YYYY-MM-DD, both ends included.
create table places_division (code text primary key, name text not null, level text not null, parent text not null);
create index places_division_parent on places_division (parent, code);

create table places_sub_bureau (id @uuid primary key, code text not null unique, name text not null, region text not null, created_at @int not null);

create table places_station (
  id @uuid primary key, code text not null unique, name text not null, region text not null, region_name text not null,
  address text not null, sub_bureau_id @uuid not null references places_sub_bureau (id), created_at @int not null
);

create table places_beat (
  station_id @uuid not null references places_station (id), id @uuid not null unique, code text not null, name text not null,
  valid_from text not null, valid_until text, created_at @int not null,
  primary key (station_id, id), unique (station_id, code)
);

create table places_community (
  station_id @uuid not null references places_station (id), id @uuid not null unique, code text not null, name text not null,
  kind text not null, created_at @int not null,
  primary key (station_id, id), unique (station_id, code)
);

create table places_grid (
  station_id @uuid not null references places_station (id), id @uuid not null unique, code text not null, name text not null,
  community_id @uuid, valid_from text not null, valid_until text, created_at @int not null,
  primary key (station_id, id), unique (station_id, code)
);

create table places_beat_grid (
  station_id @uuid not null, beat_id @uuid not null references places_beat (id), grid_id @uuid not null references places_grid (id),
  valid_from text not null, valid_until text, note text not null,
  primary key (station_id, beat_id, grid_id, valid_from)
);

create table places_estate (
  station_id @uuid not null references places_station (id), id @uuid not null unique, community_id @uuid,
  name text not null, folded text not null, short text not null, kind text not null, street text not null,
  number text not null, street_folded text not null, manager text not null, version @int not null, created_at @int not null,
  primary key (station_id, id), unique (station_id, folded)
);

create table places_building (
  station_id @uuid not null, id @uuid not null unique, estate_id @uuid not null references places_estate (id),
  name text not null, folded text not null, use_code text not null, floors @int not null, lon double precision,
  lat double precision, version @int not null, created_at @int not null,
  primary key (station_id, id), unique (estate_id, folded)
);

create table places_building_grid (
  station_id @uuid not null, building_id @uuid not null references places_building (id),
  grid_id @uuid not null references places_grid (id), valid_from text not null, valid_until text,
  primary key (station_id, building_id, valid_from)
);
create index places_building_grid_building on places_building_grid (building_id);
create index places_building_grid_grid on places_building_grid (grid_id);

create table places_building_beat (
  station_id @uuid not null, building_id @uuid not null references places_building (id),
  beat_id @uuid not null references places_beat (id), valid_from text not null, valid_until text,
  primary key (station_id, building_id, valid_from)
);
create index places_building_beat_building on places_building_beat (building_id);
create index places_building_beat_beat on places_building_beat (beat_id);

create table places_address (
  station_id @uuid not null, id @uuid not null unique, building_id @uuid not null references places_building (id),
  unit text not null, room text not null, unit_key text not null, room_key text not null, line text not null,
  use_code text not null, lon double precision, lat double precision, version @int not null, created_at @int not null,
  primary key (station_id, id), unique (building_id, unit_key, room_key)
);

create table places_address_code (
  station_id @uuid not null, system text not null, code text not null,
  address_id @uuid not null references places_address (id),
  primary key (station_id, system, code)
);
create index places_address_code_address on places_address_code (address_id);
