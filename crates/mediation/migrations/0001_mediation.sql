-- 纠纷: parties, gates asked, talks, agreements with dated promises, follow-ups, an append-only log.
-- The log keeps state and outcome after every step with the day it holds for and the moment it was
-- written: figures read it "as known on" any moment.
create table mediation_committee (
  station_id @uuid not null, id @uuid not null, name text not null, mediators text not null, area text not null,
  ended_at @int, primary key (station_id, id)
);
create table mediation_dispute (
  station_id @uuid not null, id @uuid not null, number text not null, year @int not null, n @int not null,
  source_code text not null, incident_id @uuid, opened_at @int not null, opened_by @uuid not null,
  title text not null, summary text not null, place_text text not null, address_id @uuid, other_address_id @uuid,
  building_id @uuid, grid_id @uuid, beat_id @uuid,
  judicial text, police text, causes text not null, level text not null, owner_id @uuid not null,
  domestic_violence @bool not null, state text not null, track text, outcome text,
  accepted_on text, deadline text, deadline_provisional @bool not null, paused_on text, sessions @int not null,
  escalated text, told text not null, plan text not null, closed_at @int, version @int not null,
  primary key (station_id, id)
);
create unique index mediation_dispute_number on mediation_dispute (station_id, year, n);
create unique index mediation_dispute_id on mediation_dispute (id);
create index mediation_dispute_state on mediation_dispute (station_id, state, opened_at);
create index mediation_dispute_opened on mediation_dispute (station_id, opened_at);
create index mediation_dispute_incident on mediation_dispute (incident_id);
create index mediation_dispute_address on mediation_dispute (address_id, opened_at);
create table mediation_party (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, person_id @uuid not null, side text not null,
  minor @bool not null, suspect @bool not null, guardian text not null,
  agent_name text not null, agent_relation text not null, agent_power text not null, added_at @int not null,
  primary key (station_id, id)
);
create index mediation_party_dispute on mediation_party (dispute_id);
create index mediation_party_person on mediation_party (person_id);
create table mediation_gate (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, track text not null, at @int not null,
  by_user @uuid not null, passed @bool not null, answers text not null, why text not null,
  primary key (station_id, id)
);
create index mediation_gate_dispute on mediation_gate (dispute_id);
create table mediation_fact (
  station_id @uuid not null, dispute_id @uuid not null, fact text not null, at @int not null, by_user @uuid not null,
  note text not null, primary key (station_id, dispute_id, fact)
);
create table mediation_talk (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, kind text not null, track text, n @int not null,
  held_from @int not null, held_until @int, place text not null, committee_id @uuid, mediator text not null,
  host_user @uuid, recorded @bool not null, text text not null, by_user @uuid not null, at @int not null,
  primary key (station_id, id)
);
create index mediation_talk_dispute on mediation_talk (dispute_id);
create table mediation_talk_crew (
  talk_id @uuid not null, user_id @uuid not null, role text not null, primary key (talk_id, user_id)
);
create table mediation_agreement (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, number text not null, year @int not null,
  n @int not null, track text not null, form text not null, committee_id @uuid, mediator text not null,
  facts text not null, points text not null, duties text not null, held_at @int not null, place text not null,
  signed_on text not null, signing_recorded @bool not null, by_user @uuid not null, at @int not null,
  confirmation text, confirmation_due text, primary key (station_id, id)
);
create index mediation_agreement_dispute on mediation_agreement (dispute_id);
create table mediation_obligation (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, agreement_id @uuid not null, n @int not null,
  party_id @uuid, text text not null, how text not null, due text, state text not null, done_on text,
  proof text not null, settled_by @uuid, settled_at @int, primary key (station_id, id)
);
create index mediation_obligation_dispute on mediation_obligation (dispute_id);
create table mediation_follow_up (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, n @int not null, due text not null,
  mode text not null, planned_at @int not null, done_at @int, by_user @uuid, by_mode text, interviewee text not null,
  finding text, satisfaction text, note text not null, dropped @bool not null, primary key (station_id, id)
);
create index mediation_follow_up_dispute on mediation_follow_up (dispute_id);
create index mediation_follow_up_due on mediation_follow_up (station_id, due);
create table mediation_warning (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, facts text not null, prohibition text not null,
  offender_party @uuid not null, victim_party @uuid not null, served_offender_on text not null, served_victim_on text not null,
  committee_told text not null, told_on text not null, by_user @uuid not null, at @int not null,
  primary key (station_id, id)
);
create table mediation_link (
  station_id @uuid not null, dispute_id @uuid not null, kind text not null, other_kind text not null, other_id @uuid,
  case_no text not null, day text not null, note text not null, by_user @uuid not null, at @int not null, id @uuid not null,
  primary key (station_id, id)
);
create index mediation_link_dispute on mediation_link (dispute_id);
create table mediation_log (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, n @int not null, at @int not null, day text not null,
  by_user @uuid not null, by_role text not null, step text not null, state text not null, outcome text, note text not null,
  primary key (station_id, id)
);
create unique index mediation_log_dispute on mediation_log (dispute_id, n);
create index mediation_log_day on mediation_log (station_id, step, day);
