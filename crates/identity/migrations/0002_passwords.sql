-- Passwords that an account had before, as hashes: a new one must differ from the last few.
create table identity_password (
  id @uuid primary key, user_id @uuid not null, at @int not null, password text not null
);
create index identity_password_user on identity_password (user_id, at);
