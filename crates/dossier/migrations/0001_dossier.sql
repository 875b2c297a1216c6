-- 卷宗: the volume with its number, what the papers need beyond the dispute, signatures with their recordings,
-- what was printed, the parties' codes, reminders told.
create table dossier_volume (
  station_id @uuid not null, dispute_id @uuid not null, number text not null, title text not null, mediator text not null,
  organ text not null, from_day text not null, until_day text not null, filed_by text not null, filed_on text not null,
  retention text not null, note text not null, by_user @uuid not null, at @int not null, version @int not null,
  primary key (station_id, dispute_id)
);
create unique index dossier_volume_number on dossier_volume (station_id, number);
create unique index dossier_volume_dispute on dossier_volume (dispute_id);
create table dossier_application (
  station_id @uuid not null, dispute_id @uuid not null, party_id @uuid not null, requests text not null,
  applied_on text not null, by_user @uuid not null, at @int not null, primary key (station_id, dispute_id)
);
create table dossier_party (
  station_id @uuid not null, party_id @uuid not null, dispute_id @uuid not null, occupation text not null,
  guardian_relation text not null, guardian_told_on text, guardian_told_how text not null, guardian_exempt @bool not null,
  exempt_reason text not null, power text, power_scope text not null, interpreter text not null, language text not null,
  by_user @uuid not null, at @int not null, primary key (station_id, party_id)
);
create index dossier_party_dispute on dossier_party (dispute_id);
create table dossier_settlement (
  station_id @uuid not null, dispute_id @uuid not null, terms text not null, settled_on text not null,
  performed_on text not null, requested_on text not null, accepted_on text, opinion text not null,
  by_user @uuid not null, at @int not null, primary key (station_id, dispute_id)
);
create table dossier_recording (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, device text not null, file_no text not null,
  began_at @int not null, ended_at @int, kept_at text not null, by_user @uuid not null, at @int not null,
  primary key (station_id, id)
);
create index dossier_recording_dispute on dossier_recording (dispute_id);
create table dossier_signature (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, paper text not null, record_id @uuid not null,
  party_id @uuid not null, recording_id @uuid not null, content text not null, sealed @blob not null,
  signed_at @int not null, by_user @uuid not null, primary key (station_id, id)
);
create index dossier_signature_dispute on dossier_signature (dispute_id);
create table dossier_print (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, paper text not null, record_id @uuid not null,
  edition @int not null, template_hash text not null, data_hash text not null, pdf_hash text not null, pages @int not null,
  by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create unique index dossier_print_edition on dossier_print (dispute_id, paper, record_id, edition);
create table dossier_pass (
  station_id @uuid not null, id @uuid not null, dispute_id @uuid not null, party_id @uuid not null, hash @blob not null,
  made_by @uuid not null, made_at @int not null, revoked_at @int, revoked_by @uuid, primary key (station_id, id)
);
create unique index dossier_pass_hash on dossier_pass (hash);
create index dossier_pass_dispute on dossier_pass (dispute_id);
create table dossier_reminder (
  station_id @uuid not null, obligation_id @uuid not null, dispute_id @uuid not null, planned_at @int not null,
  told_at @int, told_by @uuid, how text not null, note text not null, primary key (station_id, obligation_id)
);
create index dossier_reminder_dispute on dossier_reminder (dispute_id);
