-- Found by EXPLAIN QUERY PLAN: the page of a dispute walked through the whole book for its own precedent.
create index precedents_case_dispute on precedents_case (dispute_id, proposed_at);
