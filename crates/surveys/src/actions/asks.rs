//! 意见 and 居民议事会: permit → read → rule → write → record.

use crate::model::{Channel, NewMeeting, NewWish};
use crate::{rules, store};
use kernel::{Act, App, FieldErrors, Permission as P, Reader, Refusal, Result, Role, StationId, ToSpan, Tx, Uuid};
use notices::model::NewTask;

/// Online wishes of one station in a day at most: more are no residents.
const ONLINE_A_DAY: i64 = 300;

/// The service is one of the station's.
async fn known(r: &mut Reader, station: StationId, service: Option<Uuid>) -> Result<()> {
    let Some(id) = service else { return Ok(()) };
    if windows::store::services(r, station).await?.iter().any(|s| s.id == id) {
        return Ok(());
    }
    Err(FieldErrors::one("service", "请从所列的业务中选择。"))
}

/// Takes a wish, from a resident online or typed in at the desk. The first that waits puts a task to the officers.
///
/// # Errors
/// Right missing, nothing said, a service that is not the station's, too many in a day.
pub async fn wish(app: &App, act: &Act, new: NewWish) -> Result<Uuid> {
    if act.actor.role != Role::Resident {
        act.actor.must(P::SurveyEdit)?;
    }
    rules::check_wish(&new)?;
    let (station, today) = (act.station, app.today());
    let days = app.rules().int("wish.reply_days", today)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            known(tx, station, new.service).await?;
            if new.channel == Channel::Online && store::online_wishes(tx, station, today).await? >= ONLINE_A_DAY {
                return Err(Refusal::new("surveys.wishes_full", "今天收到的网上意见太多，先不收了。", "请明天再提，或者电话、当面告诉派出所。").into());
            }
            let mut day = today;
            if let Some(meeting) = new.meeting {
                let m = store::meeting(tx, station, meeting).await?;
                rules::may_change(&m)?;
                if new.people > m.present {
                    return Err(FieldErrors::one("people", format!("到会只有 {} 人。", m.present)));
                }
                day = m.held_on;
            }
            let waiting = store::open_wishes(tx, station).await?;
            let id = store::insert_wish(tx, station, day, &new).await?;
            if waiting == 0 {
                let task = NewTask {
                    station,
                    kind: "surveys.wish",
                    title: "居民意见 待回应".into(),
                    path: "/surveys/wishes".into(),
                    record: station.0,
                    to_user: None,
                    to_role: Some(Role::Officer),
                    due: act.at.saturating_add((days * 24).hours()).unwrap_or(act.at),
                };
                notices::actions::put(tx, task).await?;
            }
            // Without a digest: an online wish is nobody's, and stays so.
            tx.record("surveys.wish", &[("wish", id)], "");
            Ok(id)
        })
        .await
}

/// Replies to a wish; the last one ends the task.
///
/// # Errors
/// Right missing, no words.
pub async fn reply(app: &App, act: &Act, id: Uuid, text: &str) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    if text.trim().is_empty() {
        return Err(FieldErrors::one("reply", "请写怎么回应的：采纳了什么，不能采纳的为什么。"));
    }
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let w = store::wish(tx, station, id).await?;
            if w.replied_at.is_some() {
                return Err(Refusal::new("surveys.replied", "这条意见已经回应过。", "回应过的不再改；有新的进展，请在下次议事会上说明。").into());
            }
            store::reply(tx, &w, text).await?;
            if store::open_wishes(tx, station).await? == 0 {
                notices::actions::done_for(tx, station.0, "surveys.wish").await?;
            }
            tx.record("surveys.reply", &[("wish", id)], text);
            Ok(())
        })
        .await
}

/// Begins the record of a meeting.
///
/// # Errors
/// Right missing, fields.
pub async fn open_meeting(app: &App, act: &Act, new: NewMeeting) -> Result<Uuid> {
    act.actor.must(P::SurveyEdit)?;
    rules::check_meeting(&new, app.today())?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id = store::insert_meeting(tx, station, &new).await?;
            tx.record("surveys.meeting", &[("meeting", id)], &format!("{new:?}"));
            Ok(id)
        })
        .await
}

/// Changes a record that is not final. Votes that were counted must still fit.
pub async fn save_meeting(app: &App, act: &Act, id: Uuid, new: NewMeeting) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    rules::check_meeting(&new, app.today())?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            rules::may_change(&store::meeting(tx, station, id).await?)?;
            let votes = store::votes(tx, station, id).await?;
            let most = votes.iter().filter(|v| !v.struck).map(|v| v.yes + v.no + v.abstained).max().unwrap_or(0);
            let wished = store::wishes_of(tx, station, id).await?.iter().map(|w| w.people).max().unwrap_or(0);
            if new.present < most.max(wished) {
                return Err(FieldErrors::one("present", format!("表决或意见里已经记了 {} 人，到会人数不能比它少。", most.max(wished))));
            }
            store::update_meeting(tx, station, id, &new).await?;
            tx.record("surveys.meeting", &[("meeting", id)], &format!("{new:?}"));
            Ok(())
        })
        .await
}

/// Adds a vote to a record that is not final. `counts`: for, against, abstained.
pub async fn vote(app: &App, act: &Act, id: Uuid, question: &str, counts: [i64; 3]) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let m = store::meeting(tx, station, id).await?;
            rules::may_change(&m)?;
            rules::check_vote(question, counts[0], counts[1], counts[2], m.present)?;
            store::insert_vote(tx, &m, question, counts).await?;
            tx.record("surveys.vote", &[("meeting", id)], &format!("{question} {counts:?}"));
            Ok(())
        })
        .await
}

/// Strikes a vote that was written down wrongly; it stays readable.
pub async fn strike(app: &App, act: &Act, id: Uuid, vote: Uuid) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let m = store::meeting(tx, station, id).await?;
            rules::may_change(&m)?;
            store::strike_vote(tx, &m, vote).await?;
            tx.record("surveys.strike", &[("meeting", id), ("vote", vote)], "");
            Ok(())
        })
        .await
}

/// Makes the record final.
pub async fn finish_meeting(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let m = store::meeting(tx, station, id).await?;
            rules::may_finish(&m)?;
            store::finish_meeting(tx, &m).await?;
            tx.record("surveys.finish_meeting", &[("meeting", id)], "");
            Ok(())
        })
        .await
}

