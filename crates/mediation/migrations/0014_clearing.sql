-- When the texts of a dispute were emptied because their period ended; codes, moments, states and results stay.
alter table mediation_dispute add column cleared_at @int;
create index mediation_dispute_due on mediation_dispute (closed_at) where cleared_at is null and closed_at is not null;
