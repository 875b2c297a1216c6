-- Found by filling 40,000 disputes: clocks, tracks and hand-overs were changed by an id without an index of its own, so every change walked through the table and the work
-- grew with the square of the years. The number of a dispute and its other address are looked up as well.
create unique index mediation_clock_id on mediation_clock (id);
create unique index mediation_track_id on mediation_track (id);
create unique index mediation_handover_id on mediation_handover (id);
create index mediation_clock_running on mediation_clock (due_at) where state = 'running';
create index mediation_dispute_by_number on mediation_dispute (station_id, number);
create index mediation_dispute_other on mediation_dispute (other_address_id, opened_at);
