-- 治安案件处理决定 after a mediation that failed or was not performed; what was said about a violation when the parties settled it themselves.
create table mediation_decision (
  station_id @uuid not null, dispute_id @uuid not null, id @uuid not null, kind text not null, number text not null,
  decided_on text not null, note text not null, by_user @uuid not null, at @int not null, primary key (station_id, id)
);
create index mediation_decision_dispute on mediation_decision (dispute_id);
alter table mediation_self_settlement add column violation @bool;
-- Why a guardian need not be told (程序规定 §181); who was visited after a warning (反家庭暴力法 §17).
alter table mediation_party add column guardian_exempt text not null default '';
create unique index mediation_party_id on mediation_party (id);
alter table mediation_follow_up add column whom text not null default '';
update mediation_follow_up set whom = 'both' where done_at is not null and dispute_id in (select dispute_id from mediation_warning);
-- 当场调解: what 程序规定 §178 presupposes; what a follow-up record holds besides its finding.
alter table mediation_agreement add column no_cost_dispute @bool not null default false;
alter table mediation_agreement add column spot_consent @bool not null default false;
alter table mediation_follow_up add column suit text not null default '';
alter table mediation_follow_up add column signs text not null default '';
alter table mediation_follow_up add column measures text not null default '';
alter table mediation_agreement add column identity_note text not null default '';
