-- 履行提醒 by side: who was told of which promise, when, how.
create table dossier_told (
  station_id @uuid not null, obligation_id @uuid not null, party_id @uuid not null, dispute_id @uuid not null, told_at @int not null,
  told_by @uuid not null, how text not null, note text not null, primary key (station_id, obligation_id, party_id)
);
create index dossier_told_dispute on dossier_told (dispute_id);
insert into dossier_told (station_id, obligation_id, party_id, dispute_id, told_at, told_by, how, note)
  select m.station_id, m.obligation_id, p.id, m.dispute_id, m.told_at, m.told_by, m.how, m.note
  from dossier_reminder m join mediation_party p on p.station_id = m.station_id and p.dispute_id = m.dispute_id where m.told_at is not null;
