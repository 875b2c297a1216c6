-- Whom an entry is about, as it is appended: in the chain's order, so that a look at two hundred records touches a few
-- pages. Filed by record later (kernel_audit_subject); who asks reads both.
create table kernel_audit_fresh (
  kind text not null, id uuid not null, chain uuid not null, seq bigint not null, primary key (chain, seq, kind, id)
);
create view kernel_audit_touched as
  select kind, id, chain, seq from kernel_audit_subject union all select kind, id, chain, seq from kernel_audit_fresh;
