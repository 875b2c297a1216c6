-- Verification reads the index of looks by chain and number; the audit pages read all chains by time.
create index kernel_audit_subject_seq on kernel_audit_subject (chain, seq);
create index kernel_audit_at on kernel_audit (at, seq);
