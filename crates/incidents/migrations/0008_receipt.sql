-- 接报回执 of reports of every source: to whom and how it was given; of the secret only the keyed hash. Receipts of
-- online reports stood with the intake before.
create table incidents_receipt (
  station_id @uuid not null, id @uuid not null, incident_id @uuid not null, hash @blob not null, given_to text not null,
  how text not null, issued_at @int not null, issued_by @uuid not null, revoked_at @int,
  primary key (station_id, id)
);
create unique index incidents_receipt_hash on incidents_receipt (hash);
create index incidents_receipt_incident on incidents_receipt (incident_id, issued_at);
insert into incidents_receipt (station_id, id, incident_id, hash, given_to, how, issued_at, issued_by)
  select station_id, id, id, receipt_hash, case when minor then 'guardian' else 'reporter' end, 'online', registered_at, registered_by
  from incidents_intake where receipt_hash is not null;
drop index incidents_intake_receipt;
alter table incidents_intake drop column receipt_hash;
