-- Each station's documents stand together in the search index: the upper bits of their numbers.
create table kernel_search_part (station_id @uuid primary key, part @int not null);
