-- Somebody's newest disputes, and who of a dispute's parties is meant, are answered by the indexes alone: with hundreds of
-- disputes of one household every page of a dispute read as many rows of parties, two thirds of all that it read.
drop index mediation_party_person;
create index mediation_party_person on mediation_party (person_id, added_at, dispute_id);
drop index mediation_party_dispute;
create index mediation_party_dispute on mediation_party (dispute_id, person_id);
