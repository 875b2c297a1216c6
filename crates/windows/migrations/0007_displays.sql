-- 大厅大屏: links that open the display in the waiting hall without an account. Kept is a keyed hash; who has the link sees
-- numbers, windows and waits, nobody's name. Ended, never deleted.
create table windows_display (
  station_id @uuid not null, id @uuid not null, name text not null, hash @blob not null, made_at @int not null, made_by @uuid not null,
  revoked_at @int, revoked_by @uuid, primary key (station_id, id)
);
create unique index windows_display_id on windows_display (id);
create unique index windows_display_hash on windows_display (hash);
