-- What the suggester proposed and what the person chose; words of the lexicon only, no text of a report.
create table incidents_suggestion (
  station_id @uuid not null, id @uuid not null, kind text not null, record_id @uuid not null, at @int not null,
  by_user @uuid not null, model text not null, proposed text not null, chosen text not null,
  primary key (station_id, id)
);
create index incidents_suggestion_record on incidents_suggestion (record_id, at);
