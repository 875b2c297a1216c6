-- 途径先后: each track of a dispute with its acceptance, host and result; each clock with its rule and
-- source; hand-overs to a committee; requests for administrative mediation; the steps of judicial
-- confirmation; self-settlement; notices where to go; what a person decided about similar disputes;
-- levels as history. Histories are only appended to.
alter table mediation_dispute add column master_id @uuid;
alter table mediation_dispute add column lead_id @uuid;
alter table mediation_agreement add column electronic @bool not null default false;
alter table mediation_obligation add column reminded_at @int;
create table mediation_track (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, n @int not null, track text not null,
  committee_id @uuid, accepted_on text not null, accepted_by @uuid not null, at @int not null,
  ended_on text, result text, why text not null, primary key (station_id, id)
);
create unique index mediation_track_n on mediation_track (dispute_id, n);
create table mediation_clock (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, kind text not null, rule text not null,
  title text not null, source text not null, started_on text not null, due_at @int not null, provisional @bool not null,
  paused_on text, state text not null, ended_on text, why text not null, warned_at @int, missed_at @int, at @int not null,
  by_user @uuid not null, primary key (station_id, id)
);
create index mediation_clock_dispute on mediation_clock (dispute_id);
create index mediation_clock_due on mediation_clock (station_id, state, due_at);
create table mediation_handover (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, committee_id @uuid not null, told text not null,
  handed_on text not null, by_user @uuid not null, at @int not null, answer text, answered_on text, answered_by text not null,
  why text not null, primary key (station_id, id)
);
create index mediation_handover_dispute on mediation_handover (dispute_id);
create table mediation_application (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, asked_on text not null, what text not null,
  complex @bool not null, ours @bool not null, by_user @uuid not null, at @int not null, answer text, answered_on text,
  why text not null, primary key (station_id, id)
);
create index mediation_application_dispute on mediation_application (dispute_id);
create table mediation_confirmation (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, agreement_id @uuid not null, n @int not null,
  state text not null, day text not null, court text not null, case_no text not null, note text not null,
  by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create index mediation_confirmation_agreement on mediation_confirmation (agreement_id, n);
create table mediation_self_settlement (
  station_id @uuid not null, dispute_id @uuid not null, id @uuid not null, what text not null, requested_on text,
  performed_on text, accepted_on text, by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create index mediation_self_settlement_dispute on mediation_self_settlement (dispute_id);
create table mediation_referral (
  station_id @uuid not null, dispute_id @uuid not null, id @uuid not null, told_to text not null, written @bool not null,
  disputed @bool not null, day text not null, by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create index mediation_referral_dispute on mediation_referral (dispute_id);
create table mediation_relation (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, other_id @uuid not null, verdict text not null,
  reasons text not null, note text not null, by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create index mediation_relation_dispute on mediation_relation (dispute_id);
create index mediation_relation_other on mediation_relation (other_id);
create table mediation_level (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, n @int not null, level text not null, was text not null,
  facts text not null, why text not null, by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create unique index mediation_level_n on mediation_level (dispute_id, n);
create index mediation_dispute_master on mediation_dispute (master_id);
create index mediation_obligation_due on mediation_obligation (station_id, state, due);
