-- 到期清理: since when the record that a file belongs to is emptied, and since when the file is.
alter table attachments_link add column owner_cleared_at @int;
alter table attachments_link add column cleared_at @int;
create index attachments_link_cleared on attachments_link (owner_cleared_at);
