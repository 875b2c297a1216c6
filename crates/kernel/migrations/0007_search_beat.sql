-- Whose account is narrowed to its own beats finds the records of these beats only.
alter table kernel_search add column beat_id @uuid;
