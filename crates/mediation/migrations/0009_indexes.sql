-- The way through the court is read with every page of its dispute.
create index mediation_confirmation_dispute on mediation_confirmation (dispute_id, at);
