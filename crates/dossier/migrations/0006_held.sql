-- Whether filing has placed the holds of the volume on its dispute and parties; those filed before get them by the daily job.
alter table dossier_volume add column held boolean not null default false;
