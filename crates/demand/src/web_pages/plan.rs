//! 从需求定人数: hours and a promise in, people by the quarter hour out, and into the roster; for windows, the command room's
//! watch and patrols.

use crate::actions::{self, Answered, BESIDE, Basis, NewNeed, bought_text};
use crate::model::{Hours, KindPlan, Promise, SLOT, Stream, Stretch};
use crate::rules::plan::{self, Beside, Plan};
use crate::rules::{promise_text, usual_promise};
use askama::Template;
use axum::extract::Query;
use kernel::{FieldErrors, Purpose, Reader, Uuid};
use roster::model::{DayType, PostKind, PostSet};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};
use windows::model::{Span, clock};
use windows::rules::hours::joined;
use windows::rules::parse_spans;

/// What is asked in the address.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    post: String,
    share: Option<String>,
    minutes: Option<String>,
    work: Option<String>,
    rest: Option<String>,
    holiday: Option<String>,
}

/// An hour of a kind of day: what is needed beside what is and what was.
struct Row {
    time: String,
    need: String,
    now: String,
    planned: f64,
    actual: f64,
    empty: i64,
}

struct Kind {
    kind: DayType,
    plan: KindPlan,
    stretches: Vec<Stretch>,
    hours: f64,
    rows: Vec<Row>,
}

struct Result {
    kinds: Vec<Kind>,
    promise: String,
    minutes: i64,
    bought: String,
    kept: bool,
    extrapolated: i64,
    basis: String,
    guess: Option<std::result::Result<String, String>>,
    seen: String,
    /// Kept in the last four weeks: in time, of all.
    lately: (i64, i64),
    worst: Vec<String>,
    empty: i64,
    /// Plan and presence stand beside the need: at windows.
    beside: bool,
}

/// What a page says of a kind of post.
struct Words {
    /// What the need counts: `窗口要几个人`.
    asks: &'static str,
    /// Who or what waits.
    unit: &'static str,
    hours: &'static str,
    /// Why more than [`plan::MOST`] are not tried.
    full: &'static str,
    /// What [`actions::kept_lately`] counted, and what of it.
    lately: [&'static str; 2],
}

/// The words of a kind of post whose need follows from a curve.
fn words(kind: PostKind) -> Words {
    match kind {
        PostKind::Command => Words {
            asks: "值守要几个人",
            unit: "的警情",
            hours: "值守的时间里不空岗：每一刻钟至少一个人。按所选岗位独自接办全部警情计算，从接报到派出占用一个人；起止用整刻钟，整天写 00:00-24:00。",
            full: "值守的人到了",
            lately: ["接报", "起，来电以后在这个时间内接听的（没有记接听时间的按登记，登记里含通话，比等候长）"],
        },
        PostKind::Patrol => Words {
            asks: "巡逻要几个人",
            unit: "的派警",
            hours: "巡逻的时间里每一刻钟至少一组。按所选岗位独自承担全部派警计算，从派出到反馈占用一组；起止用整刻钟，整天写 00:00-24:00。",
            full: "巡逻组到了",
            lately: ["派警", "次，派出以后在这个时间内签收的"],
        },
        _ => Words {
            asks: "窗口要几个人",
            unit: "的人",
            hours: "开放的时间里窗口不空岗：每一刻钟至少一个人。按所选岗位独自承担全部窗口业务计算；起止用整刻钟。",
            full: "窗口坐满",
            lately: ["取号", "张，等候在这个承诺以内的"],
        },
    }
}

#[derive(Template)]
#[template(path = "plan.html")]
struct View<'a> {
    posts: Vec<(Uuid, String)>,
    form: &'a Form,
    again: &'a Again,
    result: Option<Result>,
    words: Words,
    /// 承诺与兑现 of the post; "" where there is none.
    kept: String,
    command_id: String,
}

impl View<'_> {
    fn one(&self, n: &f64) -> String {
        format!("{n:.1}")
    }
    fn hours(&self, minutes: &i64) -> String {
        let text = format!("{:.2}", *minutes as f64 / 60.0);
        text.trim_end_matches('0').trim_end_matches('.').into()
    }
    fn bought(&self, k: &KindPlan) -> String {
        bought_text(k)
    }
    fn weeks(&self) -> i64 {
        BESIDE / 7
    }
    fn most(&self) -> u16 {
        plan::MOST
    }
}

/// Hours in which the post's shifts are worked on a kind of day: what a plan begins with.
fn present(set: &PostSet, kind: DayType) -> Vec<Span> {
    let counts = roster::rules::counts(set, kind).unwrap_or_default();
    let shifts = set.shifts.iter().zip(counts).filter(|(_, n)| *n > 0).map(|(s, _)| s);
    // What a shift covers after midnight is the morning of such a day.
    let spans = shifts.flat_map(|s| [(s.start_minute, s.start_minute + s.minutes), (0, s.start_minute + s.minutes - 1_440)]);
    joined(spans.filter(|(from, until)| from < until).map(|(from, until)| Span { from, until: until.min(1_440) }).collect())
}

fn typed(spans: &[Span]) -> String {
    spans.iter().map(|s| s.text()).collect::<Vec<_>>().join("，")
}

/// Reads hours and promise; what does not fit is an error under its field.
fn read(form: &mut Form) -> (Hours, Promise) {
    let promise = Promise { share: form.number("share", "比例", 50..=99), minutes: form.number("minutes", "等候的分钟数", 0..=actions::LONGEST) };
    let mut spans = |field: &str| match parse_spans(form.typed(field)) {
        Ok(s) => s,
        Err(why) => {
            form.errors.add(field, why);
            vec![]
        }
    };
    let hours = Hours { work: spans("work"), rest: spans("rest"), holiday: spans("holiday") };
    (hours, promise)
}

/// Minutes of stretches, in hours of work.
fn work_hours(stretches: &[Stretch]) -> f64 {
    stretches.iter().map(|s| (s.until - s.from) * s.people).sum::<i64>() as f64 / 60.0
}

fn kind_of(kind: DayType, plan: &Plan, set: &PostSet, beside: &Beside) -> Option<Kind> {
    let k = plan.kinds.iter().find(|k| k.kind == kind.code())?.clone();
    let stretches: Vec<Stretch> = plan.stretches.iter().filter(|s| s.kind == kind.code()).cloned().collect();
    let counts = roster::rules::counts(set, kind).unwrap_or_default();
    let now = |minute: i64| -> i64 {
        let on = |s: &roster::model::Shift, at: i64| s.start_minute <= at && at < s.start_minute + s.minutes;
        let there = set.shifts.iter().zip(&counts).map(|(s, n)| (i64::from(on(s, minute)) + i64::from(on(s, minute + 1_440))) * i64::from(*n));
        there.sum()
    };
    let (first, last) = (stretches.first()?.from / 60, (stretches.last()?.until + 59) / 60);
    let numbers = |of: &dyn Fn(usize) -> i64, h: i64| {
        let all: Vec<i64> = (h * 4..h * 4 + 4).map(|s| of(s as usize)).collect();
        let (low, high) = (all.iter().min().copied().unwrap_or(0), all.iter().max().copied().unwrap_or(0));
        if low == high { high.to_string() } else { format!("{low}–{high}") }
    };
    let row = |h: i64| {
        let slots = (h * 4) as usize..(h * 4 + 4) as usize;
        let (planned, actual) = slots.clone().map(|s| beside.average(kind, s)).fold((0.0, 0.0), |a, b| (a.0 + b.0 / 4.0, a.1 + b.1 / 4.0));
        Row {
            time: format!("{}-{}", clock(h * 60), clock(h * 60 + 60)),
            need: numbers(&|s| plan.people(kind, s), h),
            now: numbers(&|s| now(s as i64 * SLOT), h),
            planned,
            actual,
            empty: slots.map(|s| beside.empty[s][kind as usize]).sum(),
        }
    };
    Some(Kind { kind, plan: k, hours: work_hours(&stretches), stretches, rows: (first..last).map(row).collect() })
}

fn told(ctx: &Ctx, basis: &Basis, answered: Answered, set: &PostSet, promise: Promise, beside: &Beside, lately: (i64, i64)) -> Result {
    let plan = answered.plan;
    let sum = plan.sum();
    let worst = beside.worst().into_iter();
    Result {
        kinds: DayType::ALL.iter().filter_map(|k| kind_of(*k, &plan, set, beside)).collect(),
        promise: promise_text(set.post.kind, promise),
        minutes: promise.minutes,
        beside: set.post.kind == PostKind::Window,
        bought: bought_text(&sum),
        kept: sum.kept,
        extrapolated: sum.extrapolated,
        basis: actions::basis_text(basis),
        guess: answered.guess.map(|g| g.map(|g| format!("《{}》{} 份", g.title, g.answers))),
        seen: actions::seen(&ctx.app, &plan),
        lately,
        worst: worst.map(|(k, s, m)| format!("{} {}（{m} 分）", k.label(), clock(s as i64 * SLOT))).collect(),
        empty: DayType::ALL.iter().map(|k| beside.empty_minutes(*k)).sum(),
    }
}

async fn show(ctx: &Ctx, mut form: Form, mut again: Again) -> Answer {
    let sent = again.any();
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let chosen = form.optional_id::<Uuid>("post");
    let look = ctx.look("demand.plan", Purpose::Statistics);
    let posts = ctx.app.db().read(&look, async |r: &mut Reader| roster::store::posts(r, station).await).await?;
    let mut posts: Vec<PostSet> = posts.into_iter().filter(|p| Stream::of_post(p.post.kind).is_some()).collect();
    // Windows first: their need is asked for most.
    posts.sort_by_key(|p| p.post.kind != PostKind::Window);
    let set = match chosen {
        Some(id) => Some(posts.iter().find(|p| p.post.id == id).ok_or(kernel::Error::NotFound("这个岗位"))?),
        None => posts.first(),
    };
    let kind = set.map_or(PostKind::Window, |s| s.post.kind);
    let mut result = None;
    if let Some(set) = set {
        form.set("post", set.post.id.to_string());
        if form.typed("asked").is_empty() {
            for (field, kind) in DayType::ALL.iter().map(|k| (k.code(), *k)) {
                form.set(field, typed(&present(set, kind)));
            }
            let usual = usual_promise(kind);
            form.set("share", usual.share.to_string());
            form.set("minutes", usual.minutes.to_string());
        }
        form.errors = FieldErrors::default();
        let (hours, promise) = read(&mut form);
        if let Err(e) = form.finish(()) {
            again = Again { refusal: again.refusal, ..Again::from_error(e)? };
        } else {
            let (basis, beside, lately) = ctx
                .app
                .db()
                .read(&look, async |r: &mut Reader| {
                    let basis = actions::basis(r, &rules, station, kind).await?;
                    Ok((basis, actions::beside(r, &rules, station).await?, actions::kept_lately(r, station, kind, promise.minutes).await?))
                })
                .await?;
            match actions::answer(basis, hours, promise).await {
                Ok((basis, answered)) => result = Some(told(ctx, &basis, answered, set, promise, &beside, lately)),
                Err(e) if !again.any() => again = Again::from_error(e)?,
                Err(_) => {}
            }
        }
    }
    let kept = match set {
        Some(set) => super::kept::part(ctx, set.post.id).await?,
        None => String::new(),
    };
    let content = View {
        kept,
        words: words(kind),
        posts: posts.iter().map(|p| (p.post.id, p.post.name.clone())).collect(),
        form: &form,
        again: &again,
        result,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("从需求定人数", &content).crumb("需求曲线", "/demand");
    if sent { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /demand/plan`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let mut form = Form::of([("post", a.post)]);
    for (field, value) in [("share", a.share), ("minutes", a.minutes), ("work", a.work), ("rest", a.rest), ("holiday", a.holiday)] {
        if let Some(value) = value {
            form.set(field, value);
            form.set("asked", "1");
        }
    }
    show(&ctx, form, Again::default()).await
}

/// `POST /demand/plan`: writes what was shown into the roster.
pub async fn send(ctx: Ctx, mut form: Form) -> Answer {
    let act = ctx.act("demand.need", Purpose::Administration, &form);
    form.set("asked", "1");
    let (hours, promise) = read(&mut form);
    let new = NewNeed { post: form.id("post", "岗位"), hours, promise, seen: form.text("seen") };
    let post = new.post;
    let done = match form.finish(new) {
        Ok(new) => actions::make_need(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(_) => go(format!("/roster/posts/{post}")),
        Err(kernel::Error::NotFound(what)) => Err(kernel::Error::NotFound(what).into()),
        Err(e) => {
            let again = Again::from_error(e)?;
            show(&ctx, form, again).await
        }
    }
}
