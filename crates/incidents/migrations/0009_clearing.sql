-- When the texts of a report were emptied because their period ended; codes, moments and beat stay for the figures.
alter table incidents_intake add column cleared_at @int;
create index incidents_intake_due on incidents_intake (closed_at) where cleared_at is null and closed_at is not null;
