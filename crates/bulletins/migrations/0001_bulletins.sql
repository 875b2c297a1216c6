-- 通报: a briefing with frozen numbers (never altered), editable text, its steps, and what changed after it was published.
create table bulletins_report (
  station_id @uuid not null, id @uuid not null, kind text not null, title text not null, number text not null,
  from_day text not null, until_day text not null, shift_from @int, shift_until @int, as_of @int not null,
  latent_days @int not null, min_n @int not null, min_base @int not null,
  state text not null, leader text not null, copies text not null, cc text not null, drafted_at @int not null,
  published_at @int, changed_at @int, version @int not null, primary key (station_id, id)
);
create unique index bulletins_report_id on bulletins_report (id);
create index bulletins_report_drafted on bulletins_report (station_id, drafted_at);
create table bulletins_section (
  station_id @uuid not null, report_id @uuid not null, n @int not null, key text not null, heading text not null,
  text text not null, primary key (station_id, report_id, n)
);
create table bulletins_line (
  station_id @uuid not null, report_id @uuid not null, n @int not null, key text not null, part text not null,
  label text not null, edition @int not null, numerator @int not null, denominator @int,
  before_numerator @int not null, before_denominator @int, year_numerator @int not null, year_denominator @int, whole @int,
  primary key (station_id, report_id, n)
);
create table bulletins_item (
  station_id @uuid not null, report_id @uuid not null, list text not null, n @int not null, record_id @uuid not null,
  number text not null, title text not null, note text not null, primary key (station_id, report_id, list, n)
);
create table bulletins_step (
  station_id @uuid not null, report_id @uuid not null, n @int not null, at @int not null, by_user @uuid not null,
  step text not null, note text not null, primary key (station_id, report_id, n)
);
create table bulletins_change (
  station_id @uuid not null, report_id @uuid not null, n @int not null, at @int not null, line @int not null,
  old_numerator @int not null, old_denominator @int, new_numerator @int not null, new_denominator @int,
  dispute_id @uuid not null, primary key (station_id, report_id, n)
);
