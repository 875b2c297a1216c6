//! The only SQL.

mod wishes;

pub use wishes::*;

use crate::model::{Held, Kept, Line, NewSurvey, State, Survey};
use forms::Definition;
use kernel::row::Json;
use kernel::{Date, Error, Reader, Refusal, Result, StationId, Tx, Uuid, args, sql};

/// Surveys of the station, newest first, with how many answered.
pub async fn list(r: &mut Reader, station: StationId) -> Result<Vec<Line>> {
    r.all(
        sql!("select id, title, state, created_at, cast(coalesce((select sum(b.held) from surveys_box b where b.station_id = s.station_id and b.survey_id = s.id), 0) as @int) as held from surveys_survey s where station_id = $1 order by created_at desc, id limit 200"),
        args![station],
    )
    .await
}

/// One survey of the station.
pub async fn survey(r: &mut Reader, station: StationId, id: Uuid) -> Result<Survey> {
    r.opt(
        sql!("select station_id, id, title, intro, state, anonymous, by_household, code, definition, until_day, created_at, by_user, opened_at, closed_at, version from surveys_survey where station_id = $1 and id = $2"),
        args![station, id],
    )
    .await?
    .ok_or(Error::NotFound("这份问卷"))
}

/// The survey of a public address.
pub async fn by_code(r: &mut Reader, code: &str) -> Result<Survey> {
    r.opt(
        sql!("select station_id, id, title, intro, state, anonymous, by_household, code, definition, until_day, created_at, by_user, opened_at, closed_at, version from surveys_survey where code = $1"),
        args![code],
    )
    .await?
    .ok_or(Error::NotFound("这份问卷"))
}

/// A new draft without questions.
pub async fn insert(tx: &mut Tx, station: StationId, new: &NewSurvey, code: &str) -> Result<Uuid> {
    let (id, now, user): (Uuid, _, _) = (tx.fresh(), tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into surveys_survey (station_id, id, title, intro, state, anonymous, by_household, code, definition, until_day, created_at, by_user, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)"),
        args![station, id, &new.title, &new.intro, State::Draft, new.anonymous, new.by_household, code, Json(Definition::default()), new.until_day, now, user],
    )
    .await?;
    Ok(id)
}

/// Another definition of a draft.
pub async fn set_definition(tx: &mut Tx, s: &Survey, definition: &Definition) -> Result<()> {
    let n = tx
        .exec(
            sql!("update surveys_survey set definition = $4, version = version + 1 where station_id = $1 and id = $2 and version = $3 and state = 'draft'"),
            args![s.station_id, s.id, s.version, Json(definition.clone())],
        )
        .await?;
    stale(n)
}

/// The next state.
pub async fn set_state(tx: &mut Tx, s: &Survey, state: State) -> Result<()> {
    let now = tx.now();
    let (opened, closed) = match state {
        State::Open => (Some(now), None),
        _ => (s.opened_at, Some(now)),
    };
    let n = tx
        .exec(
            sql!("update surveys_survey set state = $4, opened_at = $5, closed_at = $6, version = version + 1 where station_id = $1 and id = $2 and version = $3"),
            args![s.station_id, s.id, s.version, state, opened, closed],
        )
        .await?;
    stale(n)
}

pub(crate) fn stale(n: u64) -> Result<()> {
    if n == 1 {
        return Ok(());
    }
    Err(Refusal::new("surveys.stale", "刚刚被他人改过。", "请看清最新内容后再改。").into())
}

/// How many sets of answers the survey holds.
pub async fn held(r: &mut Reader, station: StationId, id: Uuid) -> Result<i64> {
    r.count(
        sql!("select cast(coalesce(sum(held), 0) as @int) as n from surveys_box where station_id = $1 and survey_id = $2"),
        args![station, id],
    )
    .await
}

/// All boxes.
pub async fn boxes(r: &mut Reader, station: StationId, id: Uuid) -> Result<Vec<Held>> {
    r.all(
        sql!("select day, held, answers from surveys_box where station_id = $1 and survey_id = $2 order by day"),
        args![station, id],
    )
    .await
}

/// Drops answers into the box of a day.
pub async fn drop_in(tx: &mut Tx, s: &Survey, day: Date, new: Kept) -> Result<()> {
    tx.exec(
        sql!("insert into surveys_box (station_id, survey_id, day, held, answers) values ($1, $2, $3, 0, '[]') on conflict (station_id, survey_id, day) do nothing"),
        args![s.station_id, s.id, day],
    )
    .await?;
    let held: Option<Held> = tx
        .opt(
            sql!("select day, held, answers from surveys_box where station_id = $1 and survey_id = $2 and day = $3 @lock"),
            args![s.station_id, s.id, day],
        )
        .await?;
    let all = crate::rules::dropped_in(held.map(|h| h.answers.0).unwrap_or_default(), new);
    tx.exec_one(
        "答卷箱",
        sql!("update surveys_box set held = $4, answers = $5 where station_id = $1 and survey_id = $2 and day = $3"),
        args![s.station_id, s.id, day, all.len() as i64, Json(all)],
    )
    .await
}

/// Adds codes by their hashes.
pub async fn insert_codes(tx: &mut Tx, s: &Survey, hashes: &[[u8; 32]]) -> Result<()> {
    for hash in hashes {
        tx.exec(
            sql!("insert into surveys_code (station_id, survey_id, hash, used) values ($1, $2, $3, $4)"),
            args![s.station_id, s.id, *hash, false],
        )
        .await?;
    }
    Ok(())
}

/// Marks a code as used; false when there is no such code, or it was used.
pub async fn use_code(tx: &mut Tx, s: &Survey, hash: &[u8; 32]) -> Result<bool> {
    let n = tx
        .exec(
            sql!("update surveys_code set used = $4 where station_id = $1 and survey_id = $2 and hash = $3 and used = $5"),
            args![s.station_id, s.id, *hash, true, false],
        )
        .await?;
    Ok(n == 1)
}

/// How many codes were made.
pub async fn codes(r: &mut Reader, station: StationId, id: Uuid) -> Result<i64> {
    r.count(
        sql!("select count(*) as n from surveys_code where station_id = $1 and survey_id = $2"),
        args![station, id],
    )
    .await
}
