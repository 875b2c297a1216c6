-- Whom an entry is about, as it is appended: sixteen bytes for each, those of one kind in one row. A row for each of a
-- hundred records of a page was a third of all that was written (docs/decisions/0031).
insert into kernel_audit_subject (kind, id, chain, seq)
  select kind, id, chain, seq from kernel_audit_fresh on conflict do nothing;
drop view kernel_audit_touched;
drop table kernel_audit_fresh;
-- At most two hundred ids stand in a part; there are more parts where an entry is about more.
create table kernel_audit_fresh (
  chain uuid not null, seq bigint not null, kind text not null, part bigint not null, ids uuid[] not null,
  primary key (chain, seq, kind, part)
);
-- The places in a part.
create table kernel_audit_place (n bigint primary key);
insert into kernel_audit_place (n) select generate_series(0, 199);
create view kernel_audit_line as
  select f.kind, f.ids[cast(p.n + 1 as integer)] as id, f.chain, f.seq
  from kernel_audit_fresh f join kernel_audit_place p on p.n < cardinality(f.ids);
create view kernel_audit_touched as
  select kind, id, chain, seq from kernel_audit_subject union all select kind, id, chain, seq from kernel_audit_line;
