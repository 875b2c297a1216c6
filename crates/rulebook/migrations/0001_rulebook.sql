-- Packs imported beside the shipped ones, and what the security administrator has confirmed.
create table rulebook_pack (name text primary key, text text not null, imported_at @int not null, imported_by @uuid not null);
create table rulebook_confirmation (key text primary key, note text not null, confirmed_at @int not null, confirmed_by @uuid not null);
