-- 暂缓公开: looks at a record that are not yet shown to the person concerned, with reason and review.
create table audit_delay (
  station_id @uuid not null, id @uuid not null, subject_kind text not null, subject_id @uuid not null,
  reason text not null, basis text not null, by_user @uuid not null, at @int not null, review_at @int not null,
  lifted_at @int, lifted_by @uuid, primary key (station_id, id)
);
create index audit_delay_subject on audit_delay (subject_id, lifted_at);
create index audit_delay_review on audit_delay (lifted_at, review_at);
