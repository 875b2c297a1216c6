-- 问卷: what is asked, the boxes into which answers fall, codes for one answer a household.
create table surveys_survey (
  station_id @uuid not null, id @uuid not null, title text not null, intro text not null, state text not null, anonymous @bool not null,
  by_household @bool not null, code text not null, definition text not null, until_day text, created_at @int not null, by_user @uuid not null,
  opened_at @int, closed_at @int, version @int not null, primary key (station_id, id)
);
create unique index surveys_survey_code on surveys_survey (code);
create index surveys_survey_newest on surveys_survey (station_id, created_at);
-- 答卷箱: the answers of one day, sorted by what they say. No row of its own for an answer, so there is neither order nor time.
create table surveys_box (
  station_id @uuid not null, survey_id @uuid not null, day text not null, held @int not null, answers text not null,
  primary key (station_id, survey_id, day)
);
-- Hash of a code; whether it was used, not when.
create table surveys_code (
  station_id @uuid not null, survey_id @uuid not null, hash @blob not null, used @bool not null, primary key (station_id, survey_id, hash)
);
