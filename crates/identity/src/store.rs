//! The only SQL of the domain.

use crate::model::{Grant, GrantKind, NewUser, Secrets, Session, User, UserLine};
use kernel::{
    BeatId, Date, GridId, Reader, Result, Role, SessionId, StationId, Timestamp, Tx, UserId, Uuid, args, sql,
};

pub async fn insert_user(tx: &mut Tx, id: UserId, u: &NewUser, hash: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into identity_user (station_id, id, account, name, role, unit, password, must_change, password_at, failures, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $9, 1)"),
        args![u.station, id, &u.account, &u.name, u.role, &u.unit, hash, u.must_change, now],
    )
    .await?;
    Ok(())
}

pub async fn find_user(r: &mut Reader, id: UserId) -> Result<Option<User>> {
    r.opt(
        sql!("select id, station_id, account, name, role, unit, must_change, own_beats, locked_until, created_at, disabled_at, version from identity_user where id = $1"),
        args![id],
    )
    .await
}

pub async fn by_account(r: &mut Reader, account: &str) -> Result<Option<User>> {
    r.opt(
        sql!("select id, station_id, account, name, role, unit, must_change, own_beats, locked_until, created_at, disabled_at, version from identity_user where account = $1"),
        args![account],
    )
    .await
}

pub async fn secrets(r: &mut Reader, account: &str) -> Result<Option<Secrets>> {
    r.opt(
        sql!("select id, role, password, password_at, failures, locked_until, totp, totp_step, disabled_at from identity_user where account = $1"),
        args![account],
    )
    .await
}

pub async fn secrets_of(r: &mut Reader, id: UserId) -> Result<Option<Secrets>> {
    r.opt(
        sql!("select id, role, password, password_at, failures, locked_until, totp, totp_step, disabled_at from identity_user where id = $1"),
        args![id],
    )
    .await
}

/// Accounts of a station, or all; by role and name.
pub async fn list_users(r: &mut Reader, station: Option<StationId>) -> Result<Vec<User>> {
    let (all, station) = (station.is_none(), station.unwrap_or(StationId::NIL));
    r.all(
        sql!("select id, station_id, account, name, role, unit, must_change, own_beats, locked_until, created_at, disabled_at, version from identity_user where ($1 or station_id = $2) order by unit, role, account limit 1000"),
        args![all, station],
    )
    .await
}

/// How many active accounts a role has.
pub async fn count_role(r: &mut Reader, role: Role) -> Result<i64> {
    r.count(sql!("select count(*) as n from identity_user where role = $1 and disabled_at is null"), args![role]).await
}

/// Names for display.
pub async fn names(r: &mut Reader, users: &[UserId]) -> Result<Vec<(UserId, String)>> {
    let rows = r.rows(sql!("select id, name from identity_user where id in @ids($1)"), args![kernel::row::ids(users)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// Accounts by name or account, those that are meant exactly first; `most` at most.
pub async fn matching(r: &mut Reader, typed: &str, most: i64) -> Result<Vec<User>> {
    let part = typed.replace(['%', '_'], "");
    r.all(
        sql!("select id, station_id, account, name, role, unit, must_change, own_beats, locked_until, created_at, disabled_at, version from identity_user where account = $1 or name = $1 or ($2 <> '' and (name like '%' || $2 || '%' or account like '%' || $2 || '%')) order by case when account = $1 or name = $1 then 0 else 1 end, account limit $3"),
        args![typed, part, most],
    )
    .await
}

/// Who can be sent, those of the beat and the grid first.
pub async fn crew(r: &mut Reader, station: StationId, beat: Option<BeatId>, grid: Option<GridId>, today: Date) -> Result<Vec<UserLine>> {
    let places: Vec<Uuid> = [beat.map(|b| b.0), grid.map(|g| g.0)].into_iter().flatten().collect();
    let rows = r
        .rows(
            sql!("select u.id, u.name, u.role, (select count(*) from identity_grant g where g.user_id = u.id and g.kind = 'beat' and g.place_id in @ids($3) and g.valid_from <= $4 and (g.valid_until is null or g.valid_until >= $4)) as beats, (select count(*) from identity_grant g where g.user_id = u.id and g.kind = 'grid' and g.place_id in @ids($3) and g.valid_from <= $4 and (g.valid_until is null or g.valid_until >= $4)) as grids from identity_user u where u.station_id = $1 and u.disabled_at is null and u.role in @texts($2) order by u.name limit 300"),
            args![station, kernel::row::texts(&["officer", "duty_leader", "auxiliary", "grid_worker"]), kernel::row::ids(&places), today],
        )
        .await?;
    let mut out: Vec<UserLine> = rows
        .iter()
        .map(|row| {
            Ok(UserLine {
                id: row.get("id")?,
                name: row.get("name")?,
                role: row.get("role")?,
                in_beat: row.get::<i64>("beats")? > 0,
                in_grid: row.get::<i64>("grids")? > 0,
            })
        })
        .collect::<Result<_>>()?;
    // Grid workers of other grids are not offered when the grid is known.
    out.retain(|u| u.role != Role::GridWorker || grid.is_none() || u.in_grid);
    out.sort_by_key(|u| (!(u.in_beat || u.in_grid), u.role as u8));
    out.truncate(40);
    Ok(out)
}

/// Hashes of passwords that an account had before, newest first.
pub async fn past_passwords(r: &mut Reader, id: UserId, most: i64) -> Result<Vec<String>> {
    let rows = r
        .rows(sql!("select password from identity_password where user_id = $1 order by at desc, id desc limit $2"), args![id, most])
        .await?;
    rows.iter().map(|row| row.get("password")).collect()
}

/// Sets a password; the one before is kept as a hash.
pub async fn set_password(tx: &mut Tx, id: UserId, hash: &str, must_change: bool) -> Result<()> {
    let now = tx.now();
    let fresh: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into identity_password (id, user_id, at, password) select cast($2 as @uuid), id, password_at, password from identity_user where id = $1"),
        args![id, fresh],
    )
    .await?;
    tx.exec(
        sql!("delete from identity_password where user_id = $1 and id not in (select id from identity_password where user_id = $1 order by at desc, id desc limit 24)"),
        args![id],
    )
    .await?;
    tx.exec_one(
        "这个账号",
        sql!("update identity_user set password = $2, must_change = $3, password_at = $4, failures = 0, locked_until = null, version = version + 1 where id = $1"),
        args![id, hash, must_change, now],
    )
    .await
}

pub async fn set_failures(tx: &mut Tx, id: UserId, failures: i64, locked_until: Option<Timestamp>) -> Result<()> {
    tx.exec(
        sql!("update identity_user set failures = $2, locked_until = $3 where id = $1"),
        args![id, failures, locked_until],
    )
    .await?;
    Ok(())
}

pub async fn set_totp(tx: &mut Tx, id: UserId, sealed: Option<Vec<u8>>, step: Option<i64>) -> Result<()> {
    tx.exec(sql!("update identity_user set totp = $2, totp_step = $3 where id = $1"), args![id, sealed, step]).await?;
    Ok(())
}

/// Uses up a one-time code's step; false when it was used before.
pub async fn use_step(tx: &mut Tx, id: UserId, step: i64) -> Result<bool> {
    Ok(tx
        .exec(
            sql!("update identity_user set totp_step = $2 where id = $1 and (totp_step is null or totp_step < $2)"),
            args![id, step],
        )
        .await?
        == 1)
}

pub async fn disable(tx: &mut Tx, id: UserId) -> Result<()> {
    let now = tx.now();
    tx.exec_one(
        "这个账号",
        sql!("update identity_user set disabled_at = $2, version = version + 1 where id = $1 and disabled_at is null"),
        args![id, now],
    )
    .await?;
    end_all(tx, id, None).await
}

pub async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<()> {
    tx.exec_one("这个账号", sql!("update identity_user set role = $2, version = version + 1 where id = $1"), args![id, role]).await
}

/// Narrows an account to its own beats, or lets it see its station again.
pub async fn set_own_beats(tx: &mut Tx, id: UserId, own_beats: bool) -> Result<()> {
    tx.exec_one("账号", sql!("update identity_user set own_beats = $2, version = version + 1 where id = $1"), args![id, own_beats]).await
}

pub async fn insert_grant(tx: &mut Tx, station: StationId, g: &Grant) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into identity_grant (station_id, id, user_id, kind, place_id, valid_from, valid_until, granted_by, granted_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, g.id, g.user_id, g.kind, g.place_id, g.valid_from, g.valid_until, by, now],
    )
    .await?;
    Ok(())
}

pub async fn grants_of(r: &mut Reader, user: UserId) -> Result<Vec<Grant>> {
    r.all(
        sql!("select id, user_id, kind, place_id, valid_from, valid_until from identity_grant where user_id = $1 order by valid_from limit 500"),
        args![user],
    )
    .await
}

/// All grants that have not ended before `on`.
pub async fn grants_in_force(r: &mut Reader, on: Date) -> Result<Vec<Grant>> {
    r.all(
        sql!("select id, user_id, kind, place_id, valid_from, valid_until from identity_grant where valid_until is null or valid_until >= $1 order by valid_from limit 5000"),
        args![on],
    )
    .await
}

/// Ends a grant with `last` as its last day.
pub async fn end_grant(tx: &mut Tx, id: Uuid, last: Date) -> Result<UserId> {
    let row: Grant = tx
        .one(
            "这条分配",
            sql!("select id, user_id, kind, place_id, valid_from, valid_until from identity_grant where id = $1"),
            args![id],
        )
        .await?;
    tx.exec_one("这条分配", sql!("update identity_grant set valid_until = $2 where id = $1"), args![id, last]).await?;
    Ok(row.user_id)
}

/// Beats or grids in force on a day.
pub async fn granted(r: &mut Reader, user: UserId, kind: GrantKind, on: Date) -> Result<Vec<Uuid>> {
    let rows = r
        .rows(
            sql!("select place_id from identity_grant where user_id = $1 and kind = $2 and valid_from <= $3 and (valid_until is null or valid_until >= $3) limit 500"),
            args![user, kind, on],
        )
        .await?;
    rows.iter().map(|row| row.get("place_id")).collect()
}

pub async fn insert_session(tx: &mut Tx, id: SessionId, user: UserId, hash: &[u8], device: &str, second: bool) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into identity_session (id, user_id, token_hash, created_at, seen_at, device, second_factor) values ($1, $2, $3, $4, $4, $5, $6)"),
        args![id, user, hash, now, device, second],
    )
    .await?;
    Ok(())
}

pub async fn session_by_hash(r: &mut Reader, hash: &[u8]) -> Result<Option<Session>> {
    r.opt(
        sql!("select id, user_id, created_at, seen_at, ended_at, device, second_factor from identity_session where token_hash = $1"),
        args![hash],
    )
    .await
}

pub async fn sessions_of(r: &mut Reader, user: UserId) -> Result<Vec<Session>> {
    r.all(
        sql!("select id, user_id, created_at, seen_at, ended_at, device, second_factor from identity_session where user_id = $1 and ended_at is null order by seen_at desc limit 100"),
        args![user],
    )
    .await
}

pub async fn touch(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    tx.exec(sql!("update identity_session set seen_at = $2 where id = $1 and seen_at < $2"), args![id, now]).await?;
    Ok(())
}

pub async fn end_session(tx: &mut Tx, user: UserId, id: SessionId) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update identity_session set ended_at = $3 where id = $1 and user_id = $2 and ended_at is null"),
        args![id, user, now],
    )
    .await?;
    Ok(())
}

/// Ends all sessions of an account but one.
pub async fn end_all(tx: &mut Tx, user: UserId, but: Option<SessionId>) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update identity_session set ended_at = $3 where user_id = $1 and id <> $2 and ended_at is null"),
        args![user, but.unwrap_or(SessionId::NIL), now],
    )
    .await?;
    Ok(())
}

pub async fn insert_link(tx: &mut Tx, hash: &[u8], role: Role, user: Option<UserId>, expires: Timestamp) -> Result<()> {
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into identity_link (id, token_hash, role, user_id, expires_at) values ($1, $2, $3, $4, $5)"),
        args![id, hash, role, user, expires],
    )
    .await?;
    Ok(())
}

kernel::record! {
    /// A one-time link that is still good.
    pub struct Link {
        pub id: Uuid,
        pub role: Role,
        pub user_id: Option<UserId>,
    }
}

pub async fn link(r: &mut Reader, hash: &[u8], now: Timestamp) -> Result<Option<Link>> {
    r.opt(
        sql!("select id, role, user_id from identity_link where token_hash = $1 and used_at is null and expires_at > $2"),
        args![hash, now],
    )
    .await
}

pub async fn use_link(tx: &mut Tx, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这条链接", sql!("update identity_link set used_at = $2 where id = $1 and used_at is null"), args![id, now]).await
}
