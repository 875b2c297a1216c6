-- Who signed: the party, or for the party its guardian, agent or interpreter.
alter table dossier_signature add column signer text not null default 'party';
