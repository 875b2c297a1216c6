//! What people do with a briefing, one function each: permit → read → rule → write → record → emit.

use crate::model::{Ask, Done, Edit, Later, Report, State, Step, Whole};
use crate::{rules, store};
use kernel::{Act, App, DisputeId, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, Role, Timestamp, Tx, UserId, Uuid};
use kernel::event::Event;
use notices::model::NewTask;

/// The figure that was published as zero and may not stay so in silence.
pub const ESCALATED: &str = "dispute.escalated";

/// `NotFound` unless the caller may see it; `Forbidden` to an account that is narrowed to its beats.
pub fn visible(r: &Reader, report: &Report) -> Result<()> {
    let actor = &r.act().actor;
    actor.must_serve_station("通报")?;
    if actor.may(P::FiguresSee) && actor.reach().houses(report.station_id) { Ok(()) } else { Err(Error::NotFound("这份通报")) }
}

/// Reads one with all that belongs to it, in the caller's reach.
pub async fn whole(r: &mut Reader, id: Uuid) -> Result<Whole> {
    let w = store::whole(r, id).await?;
    visible(r, &w.report)?;
    Ok(w)
}

/// Counts the period as known now and writes a first text. Errors: right missing, a period that is not
/// over or not of the kind.
pub async fn draft(app: &App, act: &Act, ask: &Ask) -> Result<Uuid> {
    act.actor.must(P::BulletinWrite)?;
    act.actor.must_serve_station("通报")?;
    if ask.leader.chars().count() > 40 {
        return Err(FieldErrors::one("leader", "带班领导最多 40 字。"));
    }
    crate::check(ask.from, ask.until)?;
    let rules = app.rules();
    let id = app.clock().new_id();
    let mut look = act.clone();
    look.action = "bulletins.count";
    let station = act.station;
    let made = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = places::store::station(r, station).await?;
            crate::draft::make(r, &rules, &station, ask, act.at, id).await
        })
        .await?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::insert(tx, &made).await?;
            trace(tx, &made.report, Step::Draft, "").await?;
            Ok(id)
        })
        .await
}

async fn trace(tx: &mut Tx, r: &Report, step: Step, note: &str) -> Result<()> {
    store::step(tx, r.station_id, r.id, step, note).await?;
    tx.record(&format!("bulletins.{}", step.code()), &[("bulletin", r.id)], note);
    tx.emit(&format!("bulletins.{}", step.code()), r.id);
    Ok(())
}

/// Texts and names of a draft. The numbers cannot be edited: they are references.
pub async fn edit(app: &App, act: &Act, id: Uuid, version: i64, e: &Edit) -> Result<()> {
    act.actor.must(P::BulletinWrite)?;
    let mut errors = FieldErrors::default();
    for (field, label, text, max, must) in [
        ("title", "标题", &e.title, 80, true),
        ("leader", "带班领导", &e.leader, 40, false),
        ("copies", "抄报", &e.copies, 200, false),
        ("cc", "抄送", &e.cc, 200, false),
    ] {
        if must && text.trim().is_empty() {
            errors.add(field, format!("请填写{label}。"));
        }
        if text.chars().count() > max {
            errors.add(field, format!("{label}最多 {max} 字。"));
        }
    }
    errors.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let w = whole(tx, id).await?;
            rules::next(w.report.state, Step::Edit)?;
            let mut sections = w.sections.clone();
            for s in &mut sections {
                if let Some((_, text)) = e.texts.iter().find(|(n, _)| *n == s.n) {
                    s.text.clone_from(text);
                }
            }
            rules::texts(&w, &sections, false)?;
            store::edit(tx, &w.report, version, e).await?;
            trace(tx, &w.report, Step::Edit, "").await
        })
        .await
}

/// Submits, approves, sends back, publishes, or answers a change. Totals are checked before review and
/// before publication; the three deeds need three people.
pub async fn step(app: &App, act: &Act, id: Uuid, step: Step, note: &str) -> Result<()> {
    act.actor.must(match step {
        Step::Submit => P::BulletinWrite,
        Step::Approve | Step::SendBack => P::BulletinReview,
        _ => P::BulletinPublish,
    })?;
    if matches!(step, Step::SendBack | Step::Answer) && note.trim().is_empty() {
        return Err(FieldErrors::one("note", "请写明理由或者处理意见。"));
    }
    if note.chars().count() > 500 {
        return Err(FieldErrors::one("note", "最多 500 字。"));
    }
    if matches!(step, Step::Submit | Step::Approve | Step::Publish) {
        // What cannot be printed without gaps goes neither to review nor out.
        crate::paper::check(app, act, id, step).await?;
    }
    let rules = app.rules();
    let today = kernel::clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let w = whole(tx, id).await?;
            let to = rules::next(w.report.state, step)?;
            rules::people(&w.steps, step, tx.act().actor.user, &rules, today)?;
            if matches!(step, Step::Submit | Step::Approve | Step::Publish) {
                rules::ties(&w.lines)?;
                rules::texts(&w, &w.sections, true)?;
            }
            let number = if step == Step::Publish { Some(numbered(tx, &w.report, today).await?) } else { None };
            if to != w.report.state {
                let published = number.as_deref().map(|n| (n, tx.now()));
                store::set_state(tx, &w.report, to, published).await?;
            }
            notices::actions::done_all(tx, id).await?;
            pass_on(tx, &w, step).await?;
            trace(tx, &w.report, step, note).await
        })
        .await?;
    if step == Step::Publish { crate::paper::keep(app, act, id).await } else { Ok(()) }
}

/// 正阳通报〔2026〕3号.
async fn numbered(tx: &mut Tx, r: &Report, today: kernel::Date) -> Result<String> {
    let year = i64::from(today.year());
    let n = tx.next_number(r.station_id, "bulletin", year).await?;
    let station = places::store::station(tx, r.station_id).await?;
    Ok(format!("{}通报〔{year}〕{n}号", station.name.trim_end_matches("派出所")))
}

/// Whoever is next gets a task.
async fn pass_on(tx: &mut Tx, w: &Whole, step: Step) -> Result<()> {
    let drafter = w.steps.first().map(|d| d.by_user);
    let (kind, title, to_user, to_role) = match step {
        Step::Submit => ("bulletin.review", "待审核", None, Some(Role::DutyLeader)),
        Step::Approve => ("bulletin.publish", "待发布", None, Some(Role::StationLeader)),
        Step::SendBack => ("bulletin.edit", "被退回，请修改", drafter, None),
        _ => return Ok(()),
    };
    give(tx, &w.report, kind, format!("{} {title}", w.report.title), to_user, to_role).await
}

async fn give(tx: &mut Tx, r: &Report, kind: &'static str, title: String, to_user: Option<UserId>, to_role: Option<Role>) -> Result<()> {
    let due = tx.now().checked_add(std::time::Duration::from_secs(86_400)).unwrap_or(tx.now());
    let path = format!("/bulletins/{}", r.id);
    let task = NewTask { station: r.station_id, kind, title: kernel::text::cut(&title, 120), path, record: r.id, to_user, to_role, due };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// Hears that a dispute was linked to a case: published briefings whose count it changes are marked with the
/// old and the new number, and the leader gets a task.
pub async fn escalated(tx: &mut Tx, event: &Event) -> Result<()> {
    let dispute = DisputeId(event.id);
    let Some(d) = mediation::store::find(tx, dispute).await? else { return Ok(()) };
    let day = kernel::clock::day_of(d.opened_at);
    let spec = crate::specs().into_iter().find(|s| s.key == ESCALATED).ok_or_else(|| Error::internal("no figure of escalation"))?;
    for w in store::published_over(tx, event.station, day, ESCALATED).await? {
        let Some(line) = w.lines.iter().find(|l| l.key == ESCALATED) else { continue };
        let mut p = w.report.period();
        p.as_of = tx.now();
        let now = spec.figure(tx, &p).await?;
        let (old_numerator, old_denominator) = w
            .changes
            .iter()
            .rfind(|c| c.line == line.n)
            .map_or((line.numerator, line.denominator), |c| (c.new_numerator, c.new_denominator));
        if old_numerator == now.numerator {
            continue;
        }
        let change = Later {
            n: 0,
            at: tx.now(),
            line: line.n,
            old_numerator,
            old_denominator,
            new_numerator: now.numerator,
            new_denominator: now.denominator,
            dispute_id: event.id,
        };
        store::change(tx, &w.report, &change, dispute).await?;
        tx.record("bulletins.change", &[("bulletin", w.report.id), ("dispute", event.id)], &change.text());
        let title = format!("{} 已变化：{} {}，请处理", w.report.number, line.label, change.text());
        give(tx, &w.report, "bulletin.changed", title, None, Some(Role::StationLeader)).await?;
        tx.emit("bulletins.change", w.report.id);
    }
    Ok(())
}

/// A frozen number that is different as known now.
#[derive(Clone, Debug)]
pub struct Differs {
    pub label: String,
    pub then: String,
    pub now: String,
}

/// Counts the whole briefing again as known at `at` and names what differs.
pub async fn recount(r: &mut Reader, w: &Whole, at: Timestamp) -> Result<Vec<Differs>> {
    let mut p = w.report.period();
    p.as_of = at;
    let show = |n: i64, d: Option<i64>| d.map_or(n.to_string(), |d| format!("{n}/{d}"));
    let mut out = vec![];
    for s in crate::specs() {
        let Some(l) = w.lines.iter().find(|l| l.key == s.key) else { continue };
        let f = s.figure(r, &p).await?;
        if (f.numerator, f.denominator) != (l.numerator, l.denominator) {
            let (then, now) = (show(l.numerator, l.denominator), show(f.numerator, f.denominator));
            out.push(Differs { label: l.label.clone(), then, now });
        }
    }
    Ok(out)
}

/// Who did what, by name.
pub async fn named(r: &mut Reader, steps: &[Done]) -> Result<Vec<(String, Done)>> {
    let mut users: Vec<UserId> = steps.iter().map(|d| d.by_user).collect();
    users.dedup();
    let names = identity::store::names(r, &users).await?;
    let name = |u: UserId| names.iter().find(|(id, _)| *id == u).map_or("—".to_string(), |(_, n)| n.clone());
    Ok(steps.iter().map(|d| (name(d.by_user), d.clone())).collect())
}

/// The workbook of a briefing, for a purpose that stands in it. Errors: right or reason missing.
pub async fn workbook(app: &App, act: &Act, id: Uuid, reason: &str) -> Result<(String, Vec<u8>)> {
    act.actor.must(P::DataExport)?;
    if reason.trim().chars().count() < 4 {
        return Err(FieldErrors::one("reason", "请写明导出的用途，至少 4 个字；会写入审计记录和导出的文件。"));
    }
    if reason.chars().count() > 200 {
        return Err(FieldErrors::one("reason", "用途最多 200 字。"));
    }
    let w = app
        .db()
        .write(act, async |tx: &mut Tx| {
            let w = whole(tx, id).await?;
            tx.record("bulletins.export", &[("bulletin", id)], reason);
            Ok(w.report.title)
        })
        .await?;
    let mut look = act.clone();
    look.purpose = Purpose::Statistics;
    let full = app.db().read(&look, async |r: &mut Reader| whole(r, id).await).await?;
    let who = if act.actor.name.is_empty() { act.actor.role.label().to_string() } else { act.actor.name.clone() };
    let mark = format!(
        "导出人：{who}（{}）；时间：{}；目的：{}（{}）；仅限本目的使用，用毕删除。",
        act.actor.unit,
        kernel::clock::show(act.at),
        Purpose::Statistics.label(),
        reason.trim()
    );
    Ok((w, crate::workbook::of(&full, &mark)?))
}

/// Refuses what is not a step that a form may send.
pub fn step_of(code: &str) -> Result<Step> {
    match Step::from_code(code) {
        Some(s) if !matches!(s, Step::Draft | Step::Edit) => Ok(s),
        _ => Err(Refusal::new("bulletins.step", "没有读懂要做什么。", "请从页面上的按钮提交。").into()),
    }
}

/// Whether the paper is final.
pub fn is_final(state: State) -> bool {
    state == State::Published
}
