-- The solver's model that `bound` was proven for, by its digest. Rows from before say nothing, so their bound is withdrawn.
alter table roster_plan add column bound_for text not null default '';
create index roster_plan_bound on roster_plan (station_id, month, bound_for);
