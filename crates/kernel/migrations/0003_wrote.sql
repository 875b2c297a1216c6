-- The last entry of the chain that records a change (looks are none) and its moment.
alter table kernel_audit_head add column wrote @int not null default 0;
alter table kernel_audit_head add column wrote_at @int not null default 0;
