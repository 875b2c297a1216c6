-- 枫桥经验库: precedents of agreements that held. Texts here are anonymised; the originals stay with the dispute.
create table precedents_case (
  station_id @uuid not null, id @uuid not null, number text not null, dispute_id @uuid not null, agreement_id @uuid not null,
  state text not null, judicial text, causes text not null, title text not null, facts text not null, plan text not null,
  result text not null, proposed_at @int not null, proposed_by @uuid not null, decided_at @int, decided_by @uuid,
  reason text not null, used @int not null, version @int not null,
  primary key (station_id, id)
);
create unique index precedents_case_id on precedents_case (id);
create unique index precedents_case_agreement on precedents_case (agreement_id);
create index precedents_case_state on precedents_case (state, decided_at);
create index precedents_case_station on precedents_case (station_id, state, proposed_at);
create table precedents_key (
  case_id @uuid not null, key_kind text not null, key_value text not null, at @int not null,
  primary key (key_kind, key_value, at, case_id)
);
create index precedents_key_case on precedents_key (case_id);
create table precedents_log (
  station_id @uuid not null, id @uuid not null, case_id @uuid not null, at @int not null, by_user @uuid not null,
  step text not null, note text not null, dispute_id @uuid, primary key (station_id, id)
);
create index precedents_log_case on precedents_log (case_id, at);
