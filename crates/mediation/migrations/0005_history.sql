-- What figures need beside the log, appended with every change and never altered: terms and categories of a
-- dispute, the state of each promise; and the day on which an open follow-up was dropped. Records kept before these
-- tables begin with one line that carries the moment of its last known step.
create table mediation_history (
  station_id @uuid not null, dispute_id @uuid not null, n @int not null, at @int not null,
  judicial text, police text, level text not null, accepted_on text, deadline text, paused_on text,
  primary key (station_id, dispute_id, n)
);
insert into mediation_history (station_id, dispute_id, n, at, judicial, police, level, accepted_on, deadline, paused_on)
  select station_id, id, 1, opened_at, judicial, police, level, null, null, null from mediation_dispute;
insert into mediation_history (station_id, dispute_id, n, at, judicial, police, level, accepted_on, deadline, paused_on)
  select d.station_id, d.id, 2, (select max(l.at) from mediation_log l where l.dispute_id = d.id and l.step in ('accept', 'session', 'pause', 'resume', 'extend')), d.judicial, d.police, d.level, d.accepted_on, d.deadline, d.paused_on
  from mediation_dispute d where exists (select 1 from mediation_log l where l.dispute_id = d.id and l.step in ('accept', 'session', 'pause', 'resume', 'extend'));
create table mediation_promise_log (
  station_id @uuid not null, obligation_id @uuid not null, dispute_id @uuid not null, agreement_id @uuid not null,
  n @int not null, at @int not null, by_user @uuid not null, state text not null, due text, done_on text,
  primary key (station_id, obligation_id, n)
);
create index mediation_promise_log_due on mediation_promise_log (station_id, due, at);
create index mediation_promise_log_dispute on mediation_promise_log (dispute_id);
insert into mediation_promise_log (station_id, obligation_id, dispute_id, agreement_id, n, at, by_user, state, due, done_on)
  select o.station_id, o.id, o.dispute_id, o.agreement_id, 1, g.at, g.by_user, case when o.due is null then 'standing' else 'pending' end, o.due, null
  from mediation_obligation o join mediation_agreement g on g.station_id = o.station_id and g.id = o.agreement_id;
insert into mediation_promise_log (station_id, obligation_id, dispute_id, agreement_id, n, at, by_user, state, due, done_on)
  select o.station_id, o.id, o.dispute_id, o.agreement_id, 2, o.settled_at, o.settled_by, o.state, o.due, o.done_on
  from mediation_obligation o where o.settled_at is not null;
alter table mediation_follow_up add column dropped_at @int;
update mediation_follow_up set dropped_at = coalesce((select max(l.at) from mediation_log l where l.dispute_id = mediation_follow_up.dispute_id and l.step = 'reopen'), planned_at) where dropped;
create unique index mediation_obligation_id on mediation_obligation (id);
create unique index mediation_agreement_id on mediation_agreement (id);
create unique index mediation_follow_up_id on mediation_follow_up (id);
create index mediation_agreement_signed on mediation_agreement (station_id, signed_on);
