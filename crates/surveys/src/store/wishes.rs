//! Wishes and meetings.

use super::stale;
use crate::model::{Meeting, MeetingState, NewMeeting, NewWish, Vote, Wish, WishState, WishWhen};
use kernel::{Date, Error, Reader, Result, StationId, Tx, Uuid, args, sql};

/// Wishes of the station, newest first: of one state, or all. At most 200.
pub async fn wishes(r: &mut Reader, station: StationId, state: Option<WishState>) -> Result<Vec<Wish>> {
    let found: Vec<Wish> = r
        .all(
            sql!("select station_id, id, channel, meeting_id, service_id, day_type, from_minute, until_minute, content, people, day, state, reply, replied_at, version from surveys_wish where station_id = $1 and (cast($2 as text) is null or state = $2) order by day desc, id desc limit 200"),
            args![station, state],
        )
        .await?;
    found.iter().for_each(|w| r.saw("wish", w.id));
    Ok(found)
}

/// Wishes of a meeting.
pub async fn wishes_of(r: &mut Reader, station: StationId, meeting: Uuid) -> Result<Vec<Wish>> {
    r.all(
        sql!("select station_id, id, channel, meeting_id, service_id, day_type, from_minute, until_minute, content, people, day, state, reply, replied_at, version from surveys_wish where station_id = $1 and meeting_id = $2 order by id limit 200"),
        args![station, meeting],
    )
    .await
}

/// One wish of the station.
pub async fn wish(r: &mut Reader, station: StationId, id: Uuid) -> Result<Wish> {
    r.opt(
        sql!("select station_id, id, channel, meeting_id, service_id, day_type, from_minute, until_minute, content, people, day, state, reply, replied_at, version from surveys_wish where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await?
    .ok_or(Error::NotFound("这条意见"))
}

/// How many wait for a reply.
pub async fn open_wishes(r: &mut Reader, station: StationId) -> Result<i64> {
    r.count(sql!("select count(*) as n from surveys_wish where station_id = $1 and state = 'open'"), args![station]).await
}

/// How many came online on a day.
pub async fn online_wishes(r: &mut Reader, station: StationId, day: Date) -> Result<i64> {
    r.count(sql!("select count(*) as n from surveys_wish where station_id = $1 and day = $2 and channel = 'online'"), args![station, day]).await
}

/// People who wish a service at a time, since a day. Counts only.
pub async fn wishes_when(r: &mut Reader, station: StationId, since: Date) -> Result<Vec<WishWhen>> {
    r.all(
        sql!("select service_id, day_type as kind, from_minute as \"from\", until_minute as until, cast(sum(people) as @int) as n from surveys_wish where station_id = $1 and day >= $2 and day_type is not null group by service_id, day_type, from_minute, until_minute order by 2, 3, 4, 1 limit 2000"),
        args![station, since],
    )
    .await
}

/// A new wish. Online and at the desk it is of today.
pub async fn insert_wish(tx: &mut Tx, station: StationId, day: Date, w: &NewWish) -> Result<Uuid> {
    let id: Uuid = tx.fresh();
    let (kind, from, until) = (w.when.map(|w| w.kind), w.when.map(|w| w.from), w.when.map(|w| w.until));
    tx.exec(
        sql!("insert into surveys_wish (station_id, id, channel, meeting_id, service_id, day_type, from_minute, until_minute, content, people, day, state, reply, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 1)"),
        args![station, id, w.channel, w.meeting, w.service, kind, from, until, w.content.trim(), w.people, day, WishState::Open],
    )
    .await?;
    Ok(id)
}

/// The reply to a wish.
pub async fn reply(tx: &mut Tx, w: &Wish, text: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let n = tx
        .exec(
            sql!("update surveys_wish set state = $4, reply = $5, by_user = $6, replied_at = $7, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![w.station_id, w.id, w.version, WishState::Answered, text.trim(), user, now],
        )
        .await?;
    stale(n)
}

/// Meetings of the station, newest first.
pub async fn meetings(r: &mut Reader, station: StationId) -> Result<Vec<Meeting>> {
    r.all(
        sql!("select station_id, id, title, held_on, place, chair, present, names, minutes, state, closed_at, version from surveys_meeting where station_id = $1 order by held_on desc, id desc limit 200"),
        args![station],
    )
    .await
}

/// One meeting, marked as shown: it may name people.
pub async fn meeting(r: &mut Reader, station: StationId, id: Uuid) -> Result<Meeting> {
    let found = r
        .opt(
            sql!("select station_id, id, title, held_on, place, chair, present, names, minutes, state, closed_at, version from surveys_meeting where station_id = $1 and id = $2"),
            args![station, id],
        )
        .await?
        .ok_or(Error::NotFound("这次议事会"))?;
    r.saw("meeting", id);
    Ok(found)
}

/// A new meeting.
pub async fn insert_meeting(tx: &mut Tx, station: StationId, m: &NewMeeting) -> Result<Uuid> {
    let (id, now, user): (Uuid, _, _) = (tx.fresh(), tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into surveys_meeting (station_id, id, title, held_on, place, chair, present, names, minutes, state, created_at, by_user, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)"),
        args![station, id, m.title.trim(), m.held_on, m.place.trim(), m.chair.trim(), m.present, m.names.trim(), m.minutes.trim(), MeetingState::Draft, now, user],
    )
    .await?;
    Ok(id)
}

/// Changes the record of a meeting that is not final.
pub async fn update_meeting(tx: &mut Tx, station: StationId, id: Uuid, m: &NewMeeting) -> Result<()> {
    let n = tx
        .exec(
            sql!("update surveys_meeting set title = $4, held_on = $5, place = $6, chair = $7, present = $8, names = $9, minutes = $10, version = version + 1 where station_id = $1 and id = $2 and version = $3 and state = 'draft'"),
            args![station, id, m.version, m.title.trim(), m.held_on, m.place.trim(), m.chair.trim(), m.present, m.names.trim(), m.minutes.trim()],
        )
        .await?;
    stale(n)
}

/// Makes the record final.
pub async fn finish_meeting(tx: &mut Tx, m: &Meeting) -> Result<()> {
    let now = tx.now();
    let n = tx
        .exec(
            sql!("update surveys_meeting set state = $4, closed_at = $5, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![m.station_id, m.id, m.version, MeetingState::Final, now],
        )
        .await?;
    stale(n)
}

/// Votes of a meeting, in their order.
pub async fn votes(r: &mut Reader, station: StationId, meeting: Uuid) -> Result<Vec<Vote>> {
    r.all(
        sql!("select id, question, yes, no, abstained, struck from surveys_vote where station_id = $1 and meeting_id = $2 order by at, id limit 200"),
        args![station, meeting],
    )
    .await
}

/// Adds a vote.
pub async fn insert_vote(tx: &mut Tx, m: &Meeting, question: &str, counts: [i64; 3]) -> Result<()> {
    let (id, now): (Uuid, _) = (tx.fresh(), tx.now());
    tx.exec(
        sql!("insert into surveys_vote (station_id, meeting_id, id, question, yes, no, abstained, struck, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![m.station_id, m.id, id, question.trim(), counts[0], counts[1], counts[2], false, now],
    )
    .await?;
    Ok(())
}

/// Strikes a vote; it stays.
pub async fn strike_vote(tx: &mut Tx, m: &Meeting, id: Uuid) -> Result<()> {
    tx.exec_one(
        "这项表决",
        sql!("update surveys_vote set struck = $4 where station_id = $1 and meeting_id = $2 and id = $3"),
        args![m.station_id, m.id, id, true],
    )
    .await
}

