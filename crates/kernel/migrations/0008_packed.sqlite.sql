-- Whom an entry is about, as it is appended: sixteen bytes for each, those of one kind in one row. A row for each of a
-- hundred records of a page was a third of all that was written (docs/decisions/0031).
insert into kernel_audit_subject (kind, id, chain, seq)
  select kind, id, chain, seq from kernel_audit_fresh where true on conflict do nothing;
drop view kernel_audit_touched;
drop table kernel_audit_fresh;
-- At most two hundred ids stand in a part; there are more parts where an entry is about more.
create table kernel_audit_fresh (
  chain blob not null, seq integer not null, kind text not null, part integer not null, ids blob not null,
  primary key (chain, seq, kind, part)
) without rowid;
-- The places in a part.
create table kernel_audit_place (n integer primary key);
insert into kernel_audit_place (n)
  with recursive i(n) as (select 0 union all select n + 1 from i where n < 199) select n from i;
create view kernel_audit_line as
  select f.kind, substr(f.ids, 16 * p.n + 1, 16) as id, f.chain, f.seq
  from kernel_audit_fresh f cross join kernel_audit_place p on p.n < length(f.ids) / 16;
create view kernel_audit_touched as
  select kind, id, chain, seq from kernel_audit_subject union all select kind, id, chain, seq from kernel_audit_line;
