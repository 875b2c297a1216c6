-- Found by EXPLAIN QUERY PLAN on years of disputes: what was a walk through the whole table.
create index mediation_fact_dispute on mediation_fact (dispute_id);
create index mediation_warning_dispute on mediation_warning (dispute_id);
create index mediation_dispute_moment on mediation_dispute (opened_at, id);
