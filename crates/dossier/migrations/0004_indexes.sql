-- Found by EXPLAIN QUERY PLAN: the application of a dossier and a reminder that was told walked through the whole table.
create unique index dossier_application_dispute on dossier_application (dispute_id);
create unique index dossier_reminder_obligation on dossier_reminder (obligation_id);
