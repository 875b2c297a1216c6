-- Only what is open is ever asked for: what is done leaves the indexes, which stay small and cost a third less to keep.
drop index notices_task_user;
drop index notices_task_role;
drop index notices_task_record;
drop index notices_task_due;
create index notices_task_user on notices_task (to_user, due) where done_at is null;
create index notices_task_role on notices_task (station_id, to_role, due) where done_at is null;
create index notices_task_record on notices_task (record_id, kind) where done_at is null;
create index notices_task_due on notices_task (due) where done_at is null and escalated_at is null;
