-- 保留措施 with a last day, placed by a record (a filed volume) for as long as that is kept.
alter table people_hold add column until_day text;
alter table people_hold add column for_record @uuid;
create index people_hold_for on people_hold (for_record);
alter table people_record_hold add column until_day text;
alter table people_record_hold add column for_record @uuid;
create index people_record_hold_for on people_record_hold (for_record);
