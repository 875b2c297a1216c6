//! From a curve to the roster's need.

use super::{Work, asked, gather, work};
use crate::model::{Coverage, Hours, KindPlan, Made, Promise, Stream};
use crate::rules::curve::{self, Learnt};
use crate::rules::latent::{self, Guess};
use crate::rules::plan::{self, Plan};
use crate::{rules, store};
use kernel::rules::RuleSet;
use kernel::{Act, App, Error, FieldErrors, Permission as P, Reader, Refusal, Result, StationId, Tx, Uuid};
use roster::model::{DayType, Need, PostKind, PostSet};

/// All from which a need is worked out.
pub struct Basis {
    pub days: Vec<crate::model::Day>,
    pub coverage: Coverage,
    pub round: Option<crate::answers::Round>,
    pub kind: PostKind,
    pub work: Work,
}

/// Reads the basis of the need of a kind of post. Questionnaires ask about windows only.
///
/// # Errors
/// A kind whose need does not follow from a curve.
pub async fn basis(r: &mut Reader, rules: &RuleSet, station: StationId, kind: PostKind) -> Result<Basis> {
    let stream = Stream::of_post(kind).ok_or(Error::NotFound("这个岗位的需求"))?;
    let g = gather(r, rules, station, stream).await?;
    let round = if stream.at_windows() { asked(r, station, stream).await? } else { None };
    Ok(Basis { days: g.days, coverage: g.coverage, round, kind, work: work(r, rules, station, kind).await? })
}

/// What the basis gives: the curve, what a questionnaire adds (or why not), and the plan.
pub struct Answered {
    pub learnt: Learnt,
    pub guess: Option<std::result::Result<Guess, String>>,
    pub plan: Plan,
}

fn work_out(basis: &Basis, hours: &Hours, promise: Promise) -> Result<Answered> {
    let also = DayType::ALL.iter().flat_map(|k| hours.of(*k)).flat_map(|s| [s.from / 15, (s.until - 1) / 15]).map(|k| k as usize);
    let hull = curve::hull(&basis.days, also);
    let Some(learnt) = curve::learn(&basis.days, hull) else {
        let missing = curve::missing(&basis.days);
        let (of, next) = match basis.kind {
            PostKind::Window => ("到访", "请先在取号机上取号几天，或者到“导入数据”里导入过去的到访。"),
            PostKind::Patrol => ("派警", "请先在接警台派警几天，再来计算。"),
            _ => ("警情", "请先在接警台登记几天，或者到“导入数据”里导入过去的警情。"),
        };
        return Err(Refusal::new("demand.too_few", format!("有{of}记录的日子还差 {missing} 天，算不出人数。"), next).into());
    };
    let guess = basis.round.as_ref().map(|r| latent::guess(&basis.days, r));
    let found = guess.as_ref().and_then(|g| g.as_ref().ok());
    let plan = plan::plan(&learnt, found, hours, promise, &basis.work.service, basis.work.crew).map_err(|why| Refusal::new("demand.plan", why, "请检查填写的时间和承诺。"))?;
    Ok(Answered { learnt, guess, plan })
}

/// Works out what hours and a promise need, off the threads that answer pages.
///
/// # Errors
/// Hours or a promise that cannot be planned, too few days.
pub async fn answer(basis: Basis, hours: Hours, promise: Promise) -> Result<(Basis, Answered)> {
    rules::check(&hours, promise)?;
    let job = move || work_out(&basis, &hours, promise).map(|a| (basis, a));
    tokio::task::spawn_blocking(job).await.map_err(Error::internal)?
}

/// A post whose need follows from a curve: 窗口, 指挥室值守, 巡逻.
pub async fn planned_post(r: &mut Reader, station: StationId, post: Uuid) -> Result<PostSet> {
    let set = roster::store::post(r, station, post).await?;
    if Stream::of_post(set.post.kind).is_some() { Ok(set) } else { Err(Error::NotFound("这个岗位")) }
}

/// From which days and durations, in words that are kept with the need.
pub fn basis_text(b: &Basis) -> String {
    let span = match (b.coverage.first, b.coverage.last) {
        (Some(a), Some(z)) => format!("{a} 至 {z}"),
        _ => "没有记录".into(),
    };
    let what = match b.kind {
        PostKind::Window => "到访",
        PostKind::Patrol => "派警",
        _ => "警情",
    };
    let survey = b.round.as_ref().map_or(String::new(), |r| format!("；问卷《{}》{} 份", r.title, r.answers.len()));
    format!("{span} 的{what}，{} 天（本系统 {} 天、导入 {} 天）；{}{survey}", b.days.len(), b.coverage.own, b.coverage.imported, b.work.taking)
}

/// What the person saw and now puts into the roster.
#[derive(Clone, Debug)]
pub struct NewNeed {
    pub post: Uuid,
    pub hours: Hours,
    pub promise: Promise,
    /// [`Plan::text`] of the answer that was shown, digested by [`seen`].
    pub seen: String,
}

/// A short mark of an answer, by which the one that is written is compared with the one that was shown.
pub fn seen(app: &App, plan: &Plan) -> String {
    app.vault().blind("demand.plan", &plan.text()).iter().take(12).map(|b| format!("{b:02x}")).collect()
}

/// Makes the curve the need of a post, by the roster's own action and in one transaction with the note of where it comes from.
///
/// # Errors
/// Right missing, not a window post, hours that no shift covers, too few days, other data than what was shown.
pub async fn make_need(app: &App, act: &Act, new: NewNeed) -> Result<Uuid> {
    act.actor.must(P::RosterPlan)?;
    let (station, rules) = (act.station, app.rules());
    let look = app.look(&act.actor, "demand.basis", act.purpose);
    let basis = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let set = planned_post(r, station, new.post).await?;
            basis(r, &rules, station, set.post.kind).await
        })
        .await?;
    let words = basis_text(&basis);
    let (_, answered) = answer(basis, new.hours.clone(), new.promise).await?;
    let plan = answered.plan;
    if seen(app, &plan) != new.seen {
        let what = "刚才看到的结果之后，又有了新的到访、设置，或者改了时间和承诺。";
        return Err(Refusal::new("demand.other", what, "请看过下面重新算出的结果，再写进值班表。").into());
    }
    let needs: Vec<Need> = plan
        .stretches
        .iter()
        .filter_map(|s| {
            let day_type = DayType::from_code(&s.kind)?;
            Some(Need { post_id: new.post, day_type, shift_id: None, from_minute: s.from, until_minute: s.until, people: s.people })
        })
        .collect();
    app.db()
        .write(act, async |tx: &mut Tx| {
            roster::actions::put_need(tx, new.post, needs.clone()).await.map_err(|e| uncovered(e, new.post))?;
            let id = store::insert_made(tx, station, new.post, new.promise, &new.hours, &plan.kinds, &plan.stretches, &words).await?;
            tx.record("demand.need", &[("demand_need", id), ("roster_post", new.post)], &format!("{:?} {plan:?} {words}", new.promise));
            tx.emit("demand.need", id);
            Ok(id)
        })
        .await
}

/// The roster's sentences about its fields, as the plan's form has them.
fn uncovered(e: Error, post: Uuid) -> Error {
    let Error::Invalid(fields) = e else { return e };
    let mut out = FieldErrors::default();
    for (field, says) in fields.0 {
        match field.strip_prefix("need_") {
            Some(kind) => out.add(kind, format!("{says}岗位的班次在“岗位和需要”里改（/roster/posts/{post}）。")),
            None => out.add(field, says),
        }
    }
    Error::Invalid(out)
}

/// Where the need of a post comes from, when it was made of a curve: what was made, by whom, the kind of the post, and whether
/// the post still has that need.
pub async fn source(r: &mut Reader, station: StationId, post: Uuid) -> Result<Option<(Made, String, PostKind, bool)>> {
    let Some(made) = store::newest_made(r, station, post).await? else { return Ok(None) };
    let names = identity::store::names(r, &[made.by_user]).await?;
    let set = roster::store::post(r, station, post).await?;
    let now: Vec<(String, i64, i64, i64)> = set
        .needs
        .iter()
        .filter(|n| n.shift_id.is_none())
        .map(|n| (n.day_type.code().to_string(), n.from_minute, n.until_minute, n.people))
        .collect();
    let then: Vec<(String, i64, i64, i64)> = made.needs.0.iter().map(|s| (s.kind.clone(), s.from, s.until, s.people)).collect();
    // The form of a post writes one stretch for neighbours of the same number, in the order of kinds of day.
    let sorted = |mut v: Vec<(String, i64, i64, i64)>| {
        v.sort();
        v
    };
    let same = set.post.by_quarter && sorted(now) == sorted(then);
    let name = names.into_iter().next().map_or(String::new(), |n| n.1);
    Ok(Some((made, name, set.post.kind, same)))
}

/// `92.4 %（1201/1300 人）`: the share that was simulated.
pub fn bought_text(k: &KindPlan) -> String {
    if k.came == 0 {
        return "没有来过一次，谈不上比例".into();
    }
    let share = f64::from(k.in_time) * 100.0 / f64::from(k.came);
    format!("{share:.1} %")
}
