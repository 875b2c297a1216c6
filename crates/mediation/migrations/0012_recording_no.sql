-- 录音录像编号: which recording shows a session or a signing, where the crew or the signing asks for filming (程序规定 §52, 178, 263).
alter table mediation_talk add column recording_no text not null default '';
alter table mediation_agreement add column recording_no text not null default '';
create unique index mediation_talk_id on mediation_talk (id);
-- Found by EXPLAIN QUERY PLAN: the answer to a request and the promises that come due walked through the whole table.
create unique index mediation_application_id on mediation_application (id);
create index mediation_obligation_pending on mediation_obligation (due) where state = 'pending';
