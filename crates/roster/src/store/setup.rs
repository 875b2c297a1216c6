//! Posts, rules, people.

use crate::model::{Contract, Leave, Need, Opening, Pin, Post, PostSet, SetRule, Shift, Skill, Succession, Wish};
use kernel::{Date, Error, Reader, Refusal, Result, StationId, Tx, UserId, Uuid, args, sql};

/// Posts in use with their shifts and needs, in order.
pub async fn posts(r: &mut Reader, station: StationId) -> Result<Vec<PostSet>> {
    let posts: Vec<Post> = r
        .all(
            sql!("select station_id, id, name, kind, standings, skill, mix, must, paid_percent, by_quarter, position, version from roster_post where station_id = $1 and ended_at is null order by position, name, id limit 30"),
            args![station],
        )
        .await?;
    let shifts: Vec<Shift> = r
        .all(
            sql!("select id, post_id, name, code, start_minute, minutes, position from roster_shift where station_id = $1 and ended_at is null order by position, start_minute, id limit 300"),
            args![station],
        )
        .await?;
    let needs: Vec<Need> = r
        .all(
            sql!("select post_id, day_type, shift_id, from_minute, until_minute, people from roster_need where station_id = $1 order by post_id, day_type, n limit 4000"),
            args![station],
        )
        .await?;
    let of = |post: Post| PostSet {
        shifts: shifts.iter().filter(|s| s.post_id == post.id).cloned().collect(),
        needs: needs.iter().filter(|n| n.post_id == post.id).cloned().collect(),
        post,
    };
    Ok(posts.into_iter().map(of).collect())
}

/// One post of the station.
pub async fn post(r: &mut Reader, station: StationId, id: Uuid) -> Result<PostSet> {
    posts(r, station).await?.into_iter().find(|p| p.post.id == id).ok_or(Error::NotFound("这个岗位"))
}

/// Writes a post anew or over its former version; shifts that are no longer named are ended, duties keep their own copy.
pub async fn save_post(tx: &mut Tx, set: &PostSet, fresh: bool) -> Result<()> {
    let (p, now) = (&set.post, tx.now());
    if fresh {
        tx.exec(
            sql!("insert into roster_post (station_id, id, name, kind, standings, skill, mix, must, paid_percent, by_quarter, position, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)"),
            args![p.station_id, p.id, &p.name, p.kind, p.standings, &p.skill, p.mix, p.must, p.paid_percent, p.by_quarter, p.position, now],
        )
        .await?;
    } else {
        let n = tx
            .exec(
                sql!("update roster_post set name = $4, kind = $5, standings = $6, skill = $7, mix = $8, must = $9, paid_percent = $10, by_quarter = $11, position = $12, version = version + 1 where station_id = $1 and id = $2 and version = $3 and ended_at is null"),
                args![p.station_id, p.id, p.version, &p.name, p.kind, p.standings, &p.skill, p.mix, p.must, p.paid_percent, p.by_quarter, p.position],
            )
            .await?;
        stale(n)?;
    }
    let ids: Vec<Uuid> = set.shifts.iter().map(|s| s.id).collect();
    tx.exec(
        sql!("update roster_shift set ended_at = $4 where station_id = $1 and post_id = $2 and ended_at is null and not (id in @ids($3))"),
        args![p.station_id, p.id, kernel::row::ids(&ids), now],
    )
    .await?;
    for s in &set.shifts {
        tx.exec(
            sql!("insert into roster_shift (station_id, id, post_id, name, code, start_minute, minutes, position) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (station_id, id) do update set name = excluded.name, code = excluded.code, start_minute = excluded.start_minute, minutes = excluded.minutes, position = excluded.position"),
            args![p.station_id, s.id, p.id, &s.name, &s.code, s.start_minute, s.minutes, s.position],
        )
        .await?;
    }
    tx.exec(sql!("delete from roster_need where station_id = $1 and post_id = $2"), args![p.station_id, p.id]).await?;
    for (n, x) in set.needs.iter().enumerate() {
        tx.exec(
            sql!("insert into roster_need (station_id, post_id, day_type, n, shift_id, from_minute, until_minute, people) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
            args![p.station_id, p.id, x.day_type, n as i64, x.shift_id, x.from_minute, x.until_minute, x.people],
        )
        .await?;
    }
    Ok(())
}

/// Refused when somebody else was faster.
pub(super) fn stale(n: u64) -> Result<()> {
    if n == 1 {
        return Ok(());
    }
    Err(Refusal::new("roster.stale", "这里刚刚被他人改过。", "您填的还在表单里；请在另一个窗口看清最新内容后再保存。").into())
}

/// Takes a post out of use.
pub async fn end_post(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这个岗位", sql!("update roster_post set ended_at = $3, version = version + 1 where station_id = $1 and id = $2 and ended_at is null"), args![station, id, now]).await?;
    tx.exec(sql!("update roster_shift set ended_at = $3 where station_id = $1 and post_id = $2 and ended_at is null"), args![station, id, now]).await?;
    Ok(())
}

/// Appends a value.
pub async fn set_rule(tx: &mut Tx, station: StationId, key: &str, value: i64, why: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into roster_rule (station_id, key, n, value, why, at, by_user) values ($1, $2, (select coalesce(max(n), 0) + 1 from roster_rule where station_id = $1 and key = $2), $3, $4, $5, $6)"),
        args![station, key, value, why, now, user],
    )
    .await?;
    Ok(())
}

/// All values that were ever set, newest first.
pub async fn rules(r: &mut Reader, station: StationId) -> Result<Vec<SetRule>> {
    r.all(sql!("select key, value, why, at, by_user from roster_rule where station_id = $1 order by at desc, n desc limit 500"), args![station]).await
}

/// Forbids a shift on the day after another, or takes that back.
pub async fn set_succession(tx: &mut Tx, station: StationId, pair: (Uuid, Uuid), barred: bool, why: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into roster_succession (station_id, before_shift, after_shift, n, barred, why, at, by_user) values ($1, $2, $3, (select coalesce(max(n), 0) + 1 from roster_succession where station_id = $1 and before_shift = $2 and after_shift = $3), $4, $5, $6, $7)"),
        args![station, pair.0, pair.1, barred, why, now, user],
    )
    .await?;
    Ok(())
}

/// Pairs of shifts that are forbidden by hand now, the newest first.
pub async fn successions(r: &mut Reader, station: StationId) -> Result<Vec<Succession>> {
    let all: Vec<Succession> = r
        .all(
            sql!("select before_shift, after_shift, barred, why, at, by_user from roster_succession x where station_id = $1 and n = (select max(n) from roster_succession y where y.station_id = x.station_id and y.before_shift = x.before_shift and y.after_shift = x.after_shift) order by at desc, before_shift, after_shift limit 1000"),
            args![station],
        )
        .await?;
    Ok(all.into_iter().filter(|x| x.barred).collect())
}

pub async fn insert_contract(tx: &mut Tx, station: StationId, c: &Contract) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into roster_contract (station_id, id, user_id, standing, week_hours, fill_percent, from_day, until_day, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        args![station, c.id, c.user_id, c.standing, c.week_hours, c.fill_percent, c.from_day, c.until_day, now, by],
    )
    .await?;
    Ok(())
}

/// Ends a contract on a day.
pub async fn end_contract(tx: &mut Tx, station: StationId, id: Uuid, until: Date) -> Result<()> {
    tx.exec_one(
        "这段用工",
        sql!("update roster_contract set until_day = $3 where station_id = $1 and id = $2 and from_day <= $3 and (until_day is null or until_day > $3)"),
        args![station, id, until],
    )
    .await
}

/// Contracts that hold on some day of the span.
pub async fn contracts(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Contract>> {
    r.all(
        sql!("select id, user_id, standing, week_hours, fill_percent, from_day, until_day from roster_contract where station_id = $1 and from_day <= $3 and (until_day is null or until_day >= $2) order by user_id, from_day limit 2000"),
        args![station, from, until],
    )
    .await
}

/// All contracts of a person.
pub async fn contracts_of(r: &mut Reader, station: StationId, user: UserId) -> Result<Vec<Contract>> {
    r.all(
        sql!("select id, user_id, standing, week_hours, fill_percent, from_day, until_day from roster_contract where station_id = $1 and user_id = $2 order by from_day limit 100"),
        args![station, user],
    )
    .await
}

pub async fn insert_skill(tx: &mut Tx, station: StationId, x: &Skill) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into roster_skill (station_id, id, user_id, skill, from_day, until_day, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, x.id, x.user_id, &x.skill, x.from_day, x.until_day, now, by],
    )
    .await?;
    Ok(())
}

/// One qualification that was not taken back.
pub async fn skill(r: &mut Reader, station: StationId, id: Uuid) -> Result<Skill> {
    r.opt(sql!("select id, user_id, skill, from_day, until_day from roster_skill where station_id = $1 and id = $2 and cancelled_at is null"), args![station, id])
        .await?
        .ok_or(Error::NotFound("这项资质"))
}

/// Ends a qualification on a day.
pub async fn end_skill(tx: &mut Tx, station: StationId, id: Uuid, until: Date) -> Result<()> {
    tx.exec_one("这项资质", sql!("update roster_skill set until_day = $3 where station_id = $1 and id = $2 and cancelled_at is null"), args![station, id, until]).await
}

/// Takes a qualification back that was entered by mistake.
pub async fn cancel_skill(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这项资质", sql!("update roster_skill set cancelled_at = $3 where station_id = $1 and id = $2 and cancelled_at is null"), args![station, id, now]).await
}

/// Keeps what a person did up to a day; typed again, the newer takes its place.
pub async fn set_opening(tx: &mut Tx, station: StationId, o: &Opening) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into roster_opening (station_id, user_id, day, shift_id, run, nights, rests, holidays, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (station_id, user_id, day) do update set shift_id = excluded.shift_id, run = excluded.run, nights = excluded.nights, rests = excluded.rests, holidays = excluded.holidays, at = excluded.at, by_user = excluded.by_user"),
        args![station, o.user_id, o.day, o.shift_id, o.run, o.nights, o.rests, o.holidays, now, by],
    )
    .await?;
    Ok(())
}

/// Lets it go.
pub async fn end_opening(tx: &mut Tx, station: StationId, user: UserId, day: Date) -> Result<()> {
    tx.exec_one("这条期初情况", sql!("delete from roster_opening where station_id = $1 and user_id = $2 and day = $3"), args![station, user, day]).await
}

/// What people did up to days of the span.
pub async fn openings(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Opening>> {
    r.all(
        sql!("select user_id, day, shift_id, run, nights, rests, holidays from roster_opening where station_id = $1 and day >= $2 and day <= $3 order by user_id, day limit 2000"),
        args![station, from, until],
    )
    .await
}

/// Qualifications that hold on some day of the span.
pub async fn skills(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Skill>> {
    r.all(
        sql!("select id, user_id, skill, from_day, until_day from roster_skill where station_id = $1 and cancelled_at is null and from_day <= $3 and (until_day is null or until_day >= $2) order by user_id, skill, from_day limit 3000"),
        args![station, from, until],
    )
    .await
}

pub async fn insert_leave(tx: &mut Tx, station: StationId, l: &Leave) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into roster_leave (station_id, id, user_id, kind, from_day, until_day, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, l.id, l.user_id, l.kind, l.from_day, l.until_day, now, by],
    )
    .await?;
    Ok(())
}

pub async fn cancel_leave(tx: &mut Tx, station: StationId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one("这次请假", sql!("update roster_leave set cancelled_at = $3 where station_id = $1 and id = $2 and cancelled_at is null"), args![station, id, now]).await
}

/// Leave that touches the span; marks whose it shows.
pub async fn leave(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Leave>> {
    let list: Vec<Leave> = r
        .all(
            sql!("select id, user_id, kind, from_day, until_day from roster_leave where station_id = $1 and cancelled_at is null and from_day <= $3 and until_day >= $2 order by from_day, user_id limit 2000"),
            args![station, from, until],
        )
        .await?;
    for l in &list {
        r.saw("user", l.user_id);
    }
    Ok(list)
}

pub async fn insert_wish(tx: &mut Tx, station: StationId, w: &Wish) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into roster_wish (station_id, id, user_id, day, shift_id, wants, weight, at) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, w.id, w.user_id, w.day, w.shift_id, w.wants, w.weight, now],
    )
    .await?;
    Ok(())
}

pub async fn withdraw_wish(tx: &mut Tx, station: StationId, user: UserId, id: Uuid) -> Result<()> {
    let now = tx.now();
    tx.exec_one(
        "这个愿望",
        sql!("update roster_wish set withdrawn_at = $4 where station_id = $1 and user_id = $2 and id = $3 and withdrawn_at is null"),
        args![station, user, id, now],
    )
    .await
}

/// Wishes on days of the span.
pub async fn wishes(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Wish>> {
    r.all(
        sql!("select id, user_id, day, shift_id, wants, weight from roster_wish where station_id = $1 and withdrawn_at is null and day >= $2 and day <= $3 order by day, user_id, id limit 3000"),
        args![station, from, until],
    )
    .await
}

/// Settles a cell, or lets it go when `pin` is none.
pub async fn set_pin(tx: &mut Tx, station: StationId, user: UserId, day: Date, pin: Option<Option<Uuid>>) -> Result<()> {
    let (now, by) = (tx.now(), tx.act().actor.user);
    match pin {
        Some(shift) => {
            tx.exec(
                sql!("insert into roster_pin (station_id, user_id, day, shift_id, at, by_user) values ($1, $2, $3, $4, $5, $6) on conflict (station_id, user_id, day) do update set shift_id = excluded.shift_id, at = excluded.at, by_user = excluded.by_user"),
                args![station, user, day, shift, now, by],
            )
            .await?;
        }
        None => {
            tx.exec(sql!("delete from roster_pin where station_id = $1 and user_id = $2 and day = $3"), args![station, user, day]).await?;
        }
    }
    Ok(())
}

/// Settled cells of the span.
pub async fn pins(r: &mut Reader, station: StationId, from: Date, until: Date) -> Result<Vec<Pin>> {
    r.all(sql!("select user_id, day, shift_id from roster_pin where station_id = $1 and day >= $2 and day <= $3 order by user_id, day limit 5000"), args![station, from, until]).await
}
