//! What people do with the book: propose, edit and decide, take a plan over.

use crate::anonymise::{Known, Kind, Span, anonymise, leaks};
use crate::model::{Case, Course, PrecedentId, State, Step, Texts};
use crate::{rules, store};
use kernel::{Act, App, DisputeId, FieldErrors, Permission as P, Reader, Refusal, Result, Role, StationId, Tx, clock};
use mediation::model::{Agreement, Dispute, FollowUp, Kept, Obligation, Outcome, Party};
use mediation::store::parts;

/// Characters of each text at most.
pub const MAX_TEXT: usize = 6_000;

/// The original of a precedent: what the approver compares the draft with.
#[derive(Clone, Debug)]
pub struct Original {
    pub dispute: Dispute,
    pub agreement: Agreement,
    pub texts: Texts,
    pub known: Vec<Known>,
    pub course: Course,
}

/// A draft with the spans that were replaced, per text.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub texts: Texts,
    pub spans: Vec<Span>,
}

/// Reads a dispute with its latest agreement, everything registered that could name somebody, and
/// what its course was. The people named are marked as seen.
pub async fn original(r: &mut Reader, id: DisputeId) -> Result<Original> {
    let d = mediation::store::get(r, id).await?;
    // The clocked search has no reach of its own; what it proposes a person approves.
    if r.act().actor.role != Role::System {
        mediation::actions::visible(r, &d)?;
    }
    let agreements = parts::agreements(r, id).await?;
    let count = agreements.len();
    let Some(agreement) = agreements.into_iter().next() else {
        return Err(Refusal::new("precedents.no_agreement", "这起纠纷没有达成协议。", "只有履行完毕的协议可以推荐进入枫桥经验库。").into());
    };
    let parties = parts::parties(r, id).await?;
    let (known, sensitive) = known(r, &d, &agreement, &parties).await?;
    let promises: Vec<Obligation> =
        parts::obligations(r, id).await?.into_iter().filter(|o| o.agreement_id == agreement.id).collect();
    let follow_ups = parts::follow_ups(r, id).await?;
    let log = parts::log_of(r, id).await?;
    let today = clock::day_of(r.now());
    let course = Course {
        signed_on: agreement.signed_on,
        settled: d.outcome == Some(Outcome::Settled),
        escalated: d.escalated.is_some(),
        domestic_violence: d.domestic_violence,
        reopened: count > 1 || log.iter().any(|l| l.step == mediation::model::Step::Reopen),
        promises: promises.len(),
        unkept: promises.iter().filter(|o| !matches!(o.state, Kept::Done | Kept::Late | Kept::Standing)).count(),
        follow_ups_done: follow_ups.iter().filter(|f| f.done_at.is_some()).count(),
        follow_ups_open: follow_ups.iter().filter(|f| f.done_at.is_none() && !f.dropped && f.due <= today).count(),
        bad_findings: bad_findings(&follow_ups),
        sensitive,
    };
    let who = |o: &Obligation| {
        o.party_id.and_then(|p| parties.iter().find(|x| x.id == p)).map_or("双方", |p| p.side.label())
    };
    let plan: Vec<String> = promises
        .iter()
        .map(|o| {
            let how = if o.how.is_empty() { String::new() } else { format!("（{}）", o.how) };
            let days = o.due.and_then(|due| agreement.signed_on.until(due).ok()).map(|s| s.get_days());
            let by = days.filter(|d| *d > 0).map_or(String::new(), |d| format!("，{d} 天内"));
            format!("{}：{}{how}{by}", who(o), o.text)
        })
        .collect();
    let result: Vec<&str> = follow_ups.iter().filter(|f| f.done_at.is_some()).map(|f| f.note.as_str()).filter(|n| !n.is_empty()).collect();
    let mut facts = d.summary.clone();
    if !agreement.facts.trim().is_empty() && agreement.facts != d.summary && agreement.facts != d.title {
        facts = format!("{facts}\n{}", agreement.facts);
    }
    if !agreement.points.trim().is_empty() {
        facts = format!("{facts}\n争议：{}", agreement.points);
    }
    let texts = Texts { title: d.title.clone(), facts, plan: plan.join("\n"), result: result.join("\n") };
    Ok(Original { dispute: d, agreement, texts, known, course })
}

/// Findings that speak against it: anything but 已履行 or 部分履行 at any visit, and a last visit that
/// did not find it performed.
fn bad_findings(all: &[FollowUp]) -> usize {
    let done: Vec<&str> = all.iter().filter(|f| f.done_at.is_some()).filter_map(|f| f.finding.as_deref()).collect();
    let bad = done.iter().filter(|f| !matches!(**f, "performed" | "partly")).count();
    bad + usize::from(done.last().is_some_and(|f| *f == "partly"))
}

/// Everything registered that could name a person or a place of this dispute, and whether somebody
/// in it must not be told of at all.
async fn known(r: &mut Reader, d: &Dispute, a: &Agreement, parties: &[Party]) -> Result<(Vec<Known>, bool)> {
    let mut out: Vec<Known> = vec![];
    let mut sensitive = false;
    let mut add = |text: &str, role: &str, kind: Kind| {
        if text.trim().chars().count() >= 2 {
            out.push(Known { text: text.trim().to_string(), role: role.into(), kind });
        }
    };
    let mut addresses: Vec<_> = [d.address_id, d.other_address_id].into_iter().flatten().collect();
    for p in parties {
        let v = people::store::person_for(r, p.person_id, true).await?;
        sensitive |= v.hidden.is_some() || v.minor || v.protected || p.minor;
        add(&v.name, p.side.label(), Kind::Name);
        for (text, role) in [(&v.domicile, "某地"), (&v.pending_place, "某地"), (&v.address_line, "某地")] {
            add(text, role, Kind::Place);
        }
        for guardian in p.guardian.split(['、', ',', '，', ' ']) {
            add(guardian, "监护人", Kind::Name);
        }
        add(&p.agent_name, "代理人", Kind::Name);
        addresses.extend(v.address);
    }
    addresses.sort();
    addresses.dedup();
    for home in addresses {
        add(&places::store::address_line(r, home).await?, "某地", Kind::Place);
        for v in people::store::by_address(r, home).await? {
            // Also whom a page would hide (a child): the name must not pass into the book.
            let v = people::store::person_for(r, v.id, true).await?;
            if v.hidden.is_none() {
                add(&v.name, "家人", Kind::Name);
            }
        }
    }
    if let Some(i) = d.incident_id {
        let intake = incidents::store::get(r, i).await?;
        sensitive |= intake.secret || intake.minor;
        add(&intake.place_text, "某地", Kind::Place);
        if let Some(p) = intake.reporter_id {
            let v = people::store::person_for(r, p, true).await?;
            sensitive |= v.hidden.is_some();
            add(&v.name, "报警人", Kind::Name);
        }
    }
    for m in a.mediator.split(['、', ',', '，', ' ']) {
        add(m, "调解员", Kind::Name);
    }
    for c in parts::committees(r, d.station_id).await? {
        add(&c.name, "某调解委员会", Kind::Place);
        for m in c.mediator_names() {
            add(m, "调解员", Kind::Name);
        }
    }
    let today = clock::day_of(r.now());
    let mut staff = vec![d.owner_id, a.by_user];
    staff.extend(parts::crews(r, d.id).await?.into_iter().map(|c| c.1));
    staff.extend(identity::store::crew(r, d.station_id, d.beat_id, d.grid_id, today).await?.into_iter().map(|u| u.id));
    for (_, name) in identity::store::names(r, &staff).await? {
        add(&name, "工作人员", Kind::Name);
    }
    add(&d.place_text, "某地", Kind::Place);
    for e in places::store::estates(r, d.station_id).await? {
        add(&e.name, "某小区", Kind::Place);
        add(&e.street, "某街路", Kind::Place);
        add(&e.manager, "某物业公司", Kind::Place);
    }
    for c in places::store::communities(r, d.station_id).await? {
        add(&c.name, "某社区", Kind::Place);
        let short = c.name.trim_end_matches("居民委员会").trim_end_matches("村民委员会").trim_end_matches("嘎查").trim_end_matches("社区");
        add(short, "某社区", Kind::Place);
    }
    for s in places::store::stations(r).await? {
        add(&s.name, "某派出所", Kind::Place);
        add(s.name.trim_end_matches("派出所"), "某地", Kind::Place);
    }
    add(&d.number, "某号", Kind::Number);
    add(&a.number, "某号", Kind::Number);
    Ok((out, sensitive))
}

/// The anonymised draft of an original.
pub fn draft(o: &Original) -> Draft {
    let mut spans: Vec<Span> = vec![];
    let mut one = |text: &str| {
        let a = anonymise(text, &o.known);
        for s in a.spans {
            if !spans.contains(&s) {
                spans.push(s);
            }
        }
        a.text
    };
    let texts = Texts {
        title: one(&o.texts.title),
        facts: one(&o.texts.facts),
        plan: one(&o.texts.plan),
        result: one(&o.texts.result),
    };
    Draft { texts, spans }
}

/// Proposes the agreement of a dispute for the book. Refused with every obstacle named.
pub async fn propose(app: &App, act: &Act, id: DisputeId) -> Result<PrecedentId> {
    act.actor.must(P::DisputeMediate)?;
    app.db().write(act, async |tx: &mut Tx| propose_in(app, tx, id).await).await
}

pub(crate) async fn propose_in(app: &App, tx: &mut Tx, id: DisputeId) -> Result<PrecedentId> {
    let book = app.rules();
    let today = clock::day_of(tx.now());
    let o = original(tx, id).await?;
    if let Some(c) = store::of_dispute(tx, id).await? {
        return Err(Refusal::new("precedents.there", format!("这起纠纷已经推荐过（{}，{}）。", c.number, c.state.label()), "请在枫桥经验库中查看。").into());
    }
    let days = book.int("precedent.held_days", today)?;
    let obstacles = rules::obstacles(&o.course, days, today);
    if !obstacles.is_empty() {
        return Err(Refusal::new("precedents.not_held", format!("还不能推荐：{}。", obstacles.join("；")), "满足条件后再推荐；系统每天也会自动挑选。")
            .in_force(&book, today)
            .into());
    }
    let texts = draft(&o).texts;
    // One series for the whole installation: the number must not tell the station.
    let year = i64::from(today.year());
    let n = tx.next_number(StationId::NIL, "precedent", year).await?;
    let number = format!("枫桥例〔{year}〕{n}号");
    let case: PrecedentId = tx.fresh();
    let new = store::NewCase {
        number: &number,
        dispute: id,
        agreement: o.agreement.id,
        judicial: o.dispute.judicial.as_deref(),
        causes: &o.dispute.causes,
        texts: &texts,
    };
    store::insert(tx, case, &new).await?;
    trace(tx, case, id, Step::Propose, "").await?;
    Ok(case)
}

async fn trace(tx: &mut Tx, case: PrecedentId, dispute: DisputeId, step: Step, note: &str) -> Result<()> {
    store::log(tx, case, step, note, (step == Step::Take).then_some(dispute)).await?;
    tx.record(&format!("precedents.{}", step.code()), &[("precedent", case), ("dispute", dispute.0)], note);
    tx.emit(&format!("precedents.{}", step.code()), case);
    Ok(())
}

/// What the approver decides.
#[derive(Clone, Debug)]
pub struct Decision {
    pub step: Step,
    pub texts: Texts,
    pub reason: String,
    /// The approver has looked at what only looks like a name or place, and says it is none.
    pub shapes_checked: bool,
    pub version: i64,
}

fn bounded(t: &Texts) -> Result<()> {
    let mut e = FieldErrors::default();
    for (field, label, text) in [("title", "标题", &t.title), ("facts", "经过", &t.facts), ("plan", "办法", &t.plan)] {
        if text.trim().is_empty() {
            e.add(field, format!("请写明{label}。"));
        }
    }
    for (field, text) in [("title", &t.title), ("facts", &t.facts), ("plan", &t.plan), ("result", &t.result)] {
        if text.chars().count() > MAX_TEXT {
            e.add(field, format!("最多 {MAX_TEXT} 字。"));
        }
    }
    e.ok(())
}

/// Edits, approves, rejects or withdraws. Approval is refused while anything registered still
/// stands in a text, and by whoever made the agreement or proposed it.
pub async fn decide(app: &App, act: &Act, id: PrecedentId, d: &Decision) -> Result<()> {
    act.actor.must(P::DisputeReview)?;
    if matches!(d.step, Step::Reject | Step::Withdraw) && d.reason.trim().is_empty() {
        return Err(FieldErrors::one("reason", "请写明理由。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let c = store::get(tx, id).await?;
            if !tx.act().actor.reach().houses(c.station_id) {
                return Err(kernel::Error::NotFound("这一例"));
            }
            let to = rules::next(c.state, d.step)?;
            let mut makers = store::makers(tx, &c).await?;
            makers.push(c.proposed_by);
            let own = Texts { title: c.title.clone(), facts: c.facts.clone(), plan: c.plan.clone(), result: c.result.clone() };
            let texts = if matches!(d.step, Step::Edit | Step::Approve) { &d.texts } else { &own };
            if d.step == Step::Approve {
                rules::may_decide(tx.act().actor.user, &makers)?;
            }
            if matches!(d.step, Step::Edit | Step::Approve) {
                bounded(texts)?;
                let o = original(tx, c.dispute_id).await?;
                if d.step == Step::Approve {
                    let today = clock::day_of(tx.now());
                    let days = app.rules().int("precedent.held_days", today)?;
                    let obstacles = rules::obstacles(&o.course, days, today);
                    if !obstacles.is_empty() {
                        return Err(Refusal::new("precedents.not_held", format!("推荐以后情况有变：{}。", obstacles.join("；")), "请不采纳并写明理由。").into());
                    }
                }
                anonymous(texts, &o.known, d.step == Step::Approve && !d.shapes_checked)?;
            }
            if store::update(tx, &Case { version: d.version, ..c.clone() }, to, texts, &d.reason).await? == 0 {
                return Err(Refusal::new("precedents.changed", "这一例刚被别人修改过。", "请刷新后再办理；您写的内容还在页面上。").into());
            }
            match to {
                State::Approved => {
                    store::put_keys(tx, &c, texts).await?;
                    let station = c.station_id;
                    let at = tx.now();
                    let text = format!("{}\n{}\n{}", texts.facts, texts.plan, texts.result);
                    tx.index(&kernel::search::Doc {
                        kind: "precedent",
                        id: c.id,
                        station,
                        grid: None,
                        beat: None,
                        at,
                        title: &format!("{} {}", c.number, texts.title),
                        text: &text,
                    })
                    .await?;
                }
                _ => {
                    store::drop_keys(tx, c.id).await?;
                    tx.unindex(c.id).await?;
                }
            }
            trace(tx, id, c.dispute_id, d.step, &d.reason).await
        })
        .await
}

/// Refuses texts in which something registered stands, naming the fields; what only looks like a
/// name is refused until a person says that it is none.
fn anonymous(texts: &Texts, known: &[Known], with_shapes: bool) -> Result<()> {
    let mut e = FieldErrors::default();
    for (field, text) in [("title", &texts.title), ("facts", &texts.facts), ("plan", &texts.plan), ("result", &texts.result)] {
        let found = leaks(text, known, with_shapes);
        if !found.is_empty() {
            let words: Vec<String> = found.iter().map(|s| format!("“{}”（{}）", s.original, s.kind.label())).collect();
            e.add(field, format!("还能认出人或者地方：{}。请改写；“疑似”的确认不是人名地名的，勾选“已核对”。", words.join("、")));
        }
    }
    e.ok(())
}

/// Takes the plan of an approved precedent over into the plan of a dispute; lines already there
/// are not doubled.
pub async fn take(app: &App, act: &Act, id: PrecedentId, dispute: DisputeId) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let look = app.look(&act.actor, "precedents.take", kernel::Purpose::Mediation).about("dispute", dispute.0);
    let (case, plan) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let case = store::get(r, id).await?;
            rules::next(case.state, Step::Take)?;
            let d = mediation::store::get(r, dispute).await?;
            mediation::actions::visible(r, &d)?;
            Ok((case, d.plan))
        })
        .await?;
    let merged = rules::merged_plan(&plan, &without_sides(&case.plan));
    if merged != plan {
        let a = app.act(&act.actor, "mediation.plan", act.purpose, app.fresh_command());
        mediation::actions::plan(app, &kernel::Act { at: act.at, ..a }, dispute, &merged).await?;
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::count_use(tx, id).await?;
            trace(tx, id, dispute, Step::Take, "").await
        })
        .await
}

/// `乙方：铺地毯` becomes `铺地毯`: who it was for is another matter's, and the agreement asks for it.
fn without_sides(plan: &str) -> String {
    plan.lines()
        .map(|l| match l.split_once('：') {
            Some((who, what)) if who.chars().count() <= 3 => what.trim(),
            _ => l.trim(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Precedents like a text, best first.
pub async fn offers(r: &mut Reader, title: &str, text: &str, judicial: &str, causes: &[String], most: usize) -> Result<Vec<crate::model::Offer>> {
    let found = store::candidates(r, title, text, judicial, causes).await?;
    Ok(rules::rank(found, &format!("{title}\n{text}"), judicial, causes, most))
}
