-- What the scene showed beside the category: fine type, kind of place, cause, means; and all of it, with the beat, in the
-- history that figures read. Lines kept before carry the beat that the incident has today, and nothing of the rest,
-- because nobody wrote it down.
alter table incidents_intake add column found_sub_category text;
alter table incidents_intake add column place_kind text;
alter table incidents_intake add column cause text;
alter table incidents_intake add column means text;
alter table incidents_feedback add column found_sub_category text;
alter table incidents_feedback add column place_kind text;
alter table incidents_feedback add column cause text;
alter table incidents_feedback add column means text;
alter table incidents_history add column sub_category text;
alter table incidents_history add column beat_id @uuid;
alter table incidents_history add column place_kind text;
alter table incidents_history add column cause text;
alter table incidents_history add column means text;
update incidents_history set beat_id = (select i.beat_id from incidents_intake i where i.id = incidents_history.incident_id);
