-- 移交: found outside our competence, with the clock of the law; to whom, by which paper, the other side's receipt, and
-- that the reporter was told. One line per finding; a finding that was withdrawn or a matter that came back stays as ended.
create table incidents_transfer (
  station_id @uuid not null, id @uuid not null, incident_id @uuid not null, reason text not null, why text not null,
  found_at @int not null, found_by @uuid not null, due @int not null, source text not null, warned_at @int, missed_at @int,
  unit text not null, way text, paper_no text not null, handed_at @int, handed_by @uuid,
  taken_by text not null, taken_no text not null, taken_at @int,
  told text, told_at @int, told_by @uuid, told_note text not null,
  ended_at @int, ended_by @uuid, ended_why text not null,
  primary key (station_id, id)
);
create unique index incidents_transfer_id on incidents_transfer (id);
create index incidents_transfer_incident on incidents_transfer (incident_id, found_at);
create index incidents_transfer_due on incidents_transfer (station_id, handed_at, due);
