-- What this database is, for the whole of it: `demo`. A file beside it does not come along into a backup.
create table kernel_mark (name text primary key, at @int not null);
