//! What people do, one function each: permit → read → rule → write → record.

mod asks;

pub use asks::{finish_meeting, open_meeting, reply, save_meeting, strike, vote, wish};

use crate::model::{Held, Kept, NewQuestion, NewSurvey, State, Survey};
use crate::{rules, store};
use forms::{Answers, Definition};
use kernel::{Act, App, FieldErrors, Permission as P, Reader, Refusal, Result, Tx, Uuid, clock};

/// Codes made at once at most, and of one survey.
pub const MAX_CODES: i64 = 500;
pub const ALL_CODES: i64 = 10_000;

/// A new draft.
///
/// # Errors
/// Right missing, no title, a last day that is past.
pub async fn create(app: &App, act: &Act, new: NewSurvey) -> Result<Uuid> {
    act.actor.must(P::SurveyEdit)?;
    let mut errors = FieldErrors::default();
    if new.title.trim().is_empty() {
        errors.add("title", "请写问卷的名称。");
    }
    if new.until_day.is_some_and(|d| d < app.today()) {
        errors.add("until_day", "截止日期已过。");
    }
    errors.ok(())?;
    let code = app.vault().token().0.replace('-', "").to_lowercase();
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id = store::insert(tx, station, &new, &code).await?;
            tx.record("surveys.create", &[("survey", id)], &format!("{new:?}"));
            Ok(id)
        })
        .await
}

/// Changes a draft's questions by `change`.
async fn redefine(
    app: &App,
    act: &Act,
    id: Uuid,
    action: &'static str,
    change: impl FnOnce(Definition, &[String]) -> Result<Definition>,
) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = store::survey(tx, station, id).await?;
            if s.state != State::Draft {
                let what = format!("这份问卷{}，题目不能再改。", s.state.label());
                return Err(Refusal::new("surveys.state", what, "请另编一份。").into());
            }
            let services: Vec<String> = windows::store::services(tx, station).await?.into_iter().map(|s| s.name).collect();
            let definition = change(s.definition.0.clone(), &services)?;
            store::set_definition(tx, &s, &definition).await?;
            tx.record(action, &[("survey", id)], &serde_json::to_string(&definition)?);
            Ok(())
        })
        .await
}

/// Puts an imported definition in the place of the questions.
pub async fn import(app: &App, act: &Act, id: Uuid, definition: Definition) -> Result<()> {
    rules::form(&definition)?;
    redefine(app, act, id, "surveys.import", |_, _| Ok(definition)).await
}

/// Adds a question at the end.
pub async fn add_question(app: &App, act: &Act, id: Uuid, q: &NewQuestion) -> Result<()> {
    redefine(app, act, id, "surveys.question", |d, services| rules::with_question(d, q, services)).await
}

/// Takes a question away.
pub async fn remove_question(app: &App, act: &Act, id: Uuid, name: &str) -> Result<()> {
    redefine(app, act, id, "surveys.remove", |d, _| rules::without_question(d, name)).await
}

/// Puts a question one place earlier.
pub async fn move_up(app: &App, act: &Act, id: Uuid, name: &str) -> Result<()> {
    redefine(app, act, id, "surveys.move", |d, _| rules::moved_up(d, name)).await
}

/// Weights of all answers of a survey by the register's sexes and ages, in the order of its boxes.
pub async fn weights(r: &mut Reader, s: &Survey, boxes: &[Held]) -> Result<rules::Weights> {
    let register = people::store::ages(r, s.station_id, clock::day_of(r.now())).await?;
    Ok(rules::weigh(&s.definition.0, boxes, &register))
}

/// Opens a draft for answers.
pub async fn open(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    let (station, today) = (act.station, app.today());
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = store::survey(tx, station, id).await?;
            rules::may_open(&s)?;
            if s.until_day.is_some_and(|d| d < today) {
                return Err(Refusal::new("surveys.past", "截止日期已过。", "请另编一份。").into());
            }
            store::set_state(tx, &s, State::Open).await?;
            tx.record("surveys.open", &[("survey", id)], "");
            Ok(())
        })
        .await
}

/// Ends an open survey; its results stay.
pub async fn close(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(P::SurveyEdit)?;
    let station = act.station;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = store::survey(tx, station, id).await?;
            if s.state != State::Open {
                return Err(Refusal::new("surveys.state", format!("这份问卷{}。", s.state.label()), "只能结束正在征集的问卷。").into());
            }
            store::set_state(tx, &s, State::Closed).await?;
            tx.record("surveys.close", &[("survey", id)], "");
            Ok(())
        })
        .await
}

/// Makes codes for households and gives them once; kept are hashes only. A repeated command gives none.
///
/// # Errors
/// Right missing, a survey that needs none, too many.
pub async fn make_codes(app: &App, act: &Act, id: Uuid, how_many: i64) -> Result<Vec<String>> {
    act.actor.must(P::SurveyEdit)?;
    if !(1..=MAX_CODES).contains(&how_many) {
        return Err(FieldErrors::one("how_many", format!("一次生成 1 到 {MAX_CODES} 个。")));
    }
    let station = act.station;
    let fresh: Vec<(String, [u8; 32])> = (0..how_many).map(|_| app.vault().token()).collect();
    let hashes: Vec<[u8; 32]> = fresh.iter().map(|f| f.1).collect();
    let first = format!("{:?}", hashes.first());
    let written: String = app
        .db()
        .write(act, async |tx: &mut Tx| {
            let s = store::survey(tx, station, id).await?;
            if !s.by_household || s.state == State::Closed {
                return Err(Refusal::new("surveys.codes", "这份问卷不用答卷码。", "需要“一户一份”时请另编一份。").into());
            }
            if store::codes(tx, station, id).await? + how_many > ALL_CODES {
                return Err(FieldErrors::one("how_many", format!("一份问卷最多 {ALL_CODES} 个答卷码。")));
            }
            store::insert_codes(tx, &s, &hashes).await?;
            tx.record("surveys.codes", &[("survey", id)], "");
            // Which run of the command wrote, without telling a code.
            Ok(first.clone())
        })
        .await?;
    Ok(if written == first { fresh.into_iter().map(|f| f.0).collect() } else { vec![] })
}

/// Where answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// A resident's page; `many`: one of many from one place.
    Page { many: bool },
    /// Typed in from paper by the desk.
    Desk,
}

/// Takes a set of answers. The chain learns that the survey was answered, nothing of the answer.
///
/// # Errors
/// Not open, problems of the answers, a code that is missing, wrong or used, a survey that is full.
pub async fn answer(app: &App, act: &Act, survey: &Survey, answers: &Answers, from: From, code: &str) -> Result<()> {
    let today = app.today();
    let form = rules::form(&survey.definition.0)?;
    let filled = form.fill(answers, &rules::env(today));
    if let Some(p) = filled.problems().first() {
        return Err(FieldErrors::one("answers", format!("“{}”：{}", p.label, p.why)));
    }
    let kept = Kept { answers: filled.answers(), many: from == From::Page { many: true }, desk: from == From::Desk };
    let hash = app.vault().token_hash(code);
    let (station, id) = (survey.station_id, survey.id);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let s = store::survey(tx, station, id).await?;
            if !s.takes(today) {
                return Err(Refusal::new("surveys.ended", "这份问卷没有在征集。", "请向社区民警了解。").into());
            }
            if store::held(tx, station, id).await? >= rules::MAX_ANSWERS {
                return Err(Refusal::new("surveys.full", "这份问卷已收满。", "请向社区民警了解。").into());
            }
            if s.by_household && !store::use_code(tx, &s, &hash).await? {
                return Err(FieldErrors::one("code", "答卷码不对，或已经用过。请核对发到户里的纸条。"));
            }
            store::drop_in(tx, &s, today, kept).await?;
            tx.record("surveys.answer", &[("survey", id)], "");
            Ok(())
        })
        .await
}
