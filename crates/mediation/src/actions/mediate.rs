//! From acceptance to agreement: gates, talks, plan, clocks, the agreement with its promises.

use super::{To, advance, end_of, give, note, reach, trace};
use crate::model::{Dispute, Form, NewAgreement, NewTalk, State, Step, TalkKind, Track};
use crate::rules::{self, Answers};
use crate::store::{self, parts};
use kernel::{Act, AgreementId, App, Date, DisputeId, Error, FieldErrors, Permission as P, Refusal, Result, Role, Tx, clock};

/// Asks the questions of law and, when none excludes it, accepts the dispute on `track`. The answers
/// are kept either way; `Ok(Some)` says why the track is closed and what to do instead.
pub async fn gate(app: &App, act: &Act, id: DisputeId, track: Track, a: &Answers) -> Result<Option<Refusal>> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Gate)?;
            if parts::parties(tx, id).await?.len() < 2 {
                return Err(Refusal::new("mediation.parties", "至少要有两方当事人才能受理调解。", "请先登记各方当事人。").into());
            }
            let refused = rules::gate(&d, track, a, &rules, today)?;
            let answers = answer_text(a, track, &rules);
            let why = refused.as_ref().map_or(String::new(), |r| r.what.clone());
            parts::insert_gate(tx, id, track, refused.is_none(), &answers, &why).await?;
            if refused.is_some() {
                note(tx, &d, Step::Gate, &format!("{}：{why}", track.label())).await?;
                return Ok(refused.map(Kept::from));
            }
            let due = rules::deadline(track, today, &rules)?;
            notices::actions::done_for(tx, id, "dispute.accept").await?;
            notices::actions::done_for(tx, id, "dispute.next").await?;
            let text = format!("{}，{} 前", track.label(), due.date);
            advance(tx, &d, Step::Accept, None, today, &text).await?;
            store::set_track(tx, id, track, today, due.date, due.provisional).await?;
            let d = store::get(tx, id).await?;
            give(tx, (&d, "dispute.mediate"), format!("{}到期", track.label()), id.0, To::User(d.owner_id), end_of(due.date)).await?;
            Ok(None)
        })
        .await
        .map(|k: Option<Kept>| k.map(Refusal::from))
}

/// A refusal as a command's result is kept and given again to a repeated command.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    what: String,
    next: String,
    rule: Option<(String, String)>,
}

impl From<Refusal> for Kept {
    fn from(r: Refusal) -> Kept {
        Kept { what: r.what, next: r.next, rule: r.rule.map(|r| (r.name, r.source)) }
    }
}

impl From<Kept> for Refusal {
    fn from(k: Kept) -> Refusal {
        let r = Refusal::new("mediation.gate", k.what, k.next);
        match k.rule {
            Some((name, source)) => r.by(name, source),
            None => r,
        }
    }
}

fn answer_text(a: &Answers, track: Track, rules: &kernel::rules::RuleSet) -> String {
    let mut lines: Vec<String> = a
        .exclusions
        .iter()
        .map(|(code, yes)| format!("{}：{}", rules.name(rules::questions(track), code), if *yes { "是" } else { "否" }))
        .collect();
    if let Some(act) = &a.act {
        lines.push(format!("违反治安管理行为：{}", rules.name("mediation.eligible_act", act)));
    }
    if let Some(c) = &a.circumstance {
        lines.push(format!("适用情形：{}", rules.name("mediation.eligible_circumstance", c)));
    }
    lines.push(format!("已告知权利义务：{}", if a.told { "是" } else { "否" }));
    lines.push(format!("各方自愿：{}", if a.willing { "是" } else { "否" }));
    lines.join("\n")
}

/// Writes down an inquiry or a mediation session with who took part.
pub async fn talk(app: &App, act: &Act, id: DisputeId, t: NewTalk) -> Result<()> {
    act.actor.must(if t.kind == TalkKind::Session { P::DisputeMediate } else { P::DisputeAssist })?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    if t.held_from > act.at {
        return Err(FieldErrors::one("held_from", "时间不能晚于现在。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let step = if t.kind == TalkKind::Session { Step::Session } else { Step::Inquire };
            rules::next(d.state, step)?;
            let host = match t.host {
                Some(u) => Some(member(tx, &d, u).await?),
                None => None,
            };
            let mut crew = vec![];
            for u in &t.crew {
                crew.push((*u, member(tx, &d, *u).await?));
            }
            let roles = rules::Crew { host, others: crew.iter().filter(|(u, _)| Some(*u) != t.host).map(|(_, r)| *r).collect() };
            rules::crew(&t, d.track, &roles, &rules, today)?;
            let held = parts::talks(tx, id).await?.iter().filter(|x| x.kind == t.kind && x.track == d.track).count() as i64;
            if step == Step::Session {
                session_clock(tx, &d, held, clock::day_of(t.held_from), &rules).await?;
            }
            let talk = parts::insert_talk(tx, &d, held + 1, &t, &crew).await?;
            for file in &t.files {
                attachments::keep(app, tx, d.station_id, "talk", talk, ("dispute", id.0), file).await?;
            }
            note(tx, &d, step, &kernel::text::cut(&t.text, 80)).await
        })
        .await
}

/// The role of a member of the same station.
async fn member(tx: &mut Tx, d: &Dispute, user: kernel::UserId) -> Result<Role> {
    match identity::store::find_user(tx, user).await? {
        Some(u) if u.station_id == d.station_id && !u.is_disabled() => Ok(u.role),
        _ => Err(Error::NotFound("参加人员")),
    }
}

/// Counts the session against its rule and moves the deadline for a second one.
async fn session_clock(tx: &mut Tx, d: &Dispute, held: i64, on: Date, rules: &kernel::rules::RuleSet) -> Result<()> {
    if d.paused_on.is_some() {
        return Err(Refusal::new("mediation.paused", "调解正在中止（鉴定、评估）。", "请先“恢复调解”。").into());
    }
    if d.track == Some(Track::PublicOrder) {
        let max = rules.int("mediation.public_order.sessions_max", on)?;
        if held >= max {
            return Err(Refusal::new(
                "mediation.sessions_max",
                format!("治安调解一般为一次，必要时再一次，已经进行 {held} 次。"),
                "请记为达成协议或者调解不成，依法处理。",
            )
            .by("治安调解次数", rules.cite("mediation.public_order.sessions_max", on).source)
            .into());
        }
    }
    store::count_session(tx, d.id).await?;
    if let Some(track) = d.track
        && let Some(next) = rules::after_session(track, held + 1, on, rules)?
    {
        store::set_deadline(tx, d.id, Some(next.date), next.provisional, None).await?;
        redate(tx, d, next.date).await?;
    }
    Ok(())
}

/// The mediation task gets another deadline.
async fn redate(tx: &mut Tx, d: &Dispute, due: Date) -> Result<()> {
    notices::actions::done_for(tx, d.id, "dispute.mediate").await?;
    let title = format!("{}到期", d.track.map_or("调解", Track::label));
    give(tx, (d, "dispute.mediate"), title, d.id.0, To::User(d.owner_id), end_of(due)).await
}

/// The plan (调解方案): what is proposed to both sides.
pub async fn plan(app: &App, act: &Act, id: DisputeId, text: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if text.trim().is_empty() || text.chars().count() > 4_000 {
        return Err(FieldErrors::one("plan", "请写明方案，最多 4000 字。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            store::set_plan(tx, id, text).await?;
            note(tx, &d, Step::Plan, &kernel::text::cut(text, 80)).await
        })
        .await
}

/// Injury assessment or valuation: the clock stands still.
pub async fn pause(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明鉴定或者评估的事项。"));
    }
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "已经在中止中。", "鉴定、评估完成后请“恢复调解”。").into());
            }
            store::set_deadline(tx, id, d.deadline, d.deadline_provisional, Some(today)).await?;
            notices::actions::done_for(tx, id, "dispute.mediate").await?;
            note(tx, &d, Step::Pause, why).await
        })
        .await
}

/// The assessment is there; the days that were left run on.
pub async fn resume(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let (Some(paused), Some(deadline), Some(track)) = (d.paused_on, d.deadline, d.track) else {
                return Err(Refusal::new("mediation.not_paused", "没有中止，不需要恢复。", "请继续调解。").into());
            };
            let next = match track {
                Track::PublicOrder if d.sessions == 0 => rules::deadline(track, today, &rules)?,
                _ => rules::resumed(deadline, paused, today, track, &rules),
            };
            store::set_deadline(tx, id, Some(next.date), next.provisional, None).await?;
            redate(tx, &d, next.date).await?;
            note(tx, &d, Step::Resume, &format!("{why}，期限至 {}", next.date)).await
        })
        .await
}

/// People's mediation may be extended when both sides agree (2002 规定 §33).
pub async fn extend(app: &App, act: &Act, id: DisputeId, to: Date, why: &str, both_agree: bool) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    let mut e = FieldErrors::default();
    if why.trim().is_empty() {
        e.add("why", "请写明延长的理由。");
    }
    if to <= today {
        e.add("to", "新的期限应晚于今天。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let source = rules.cite("mediation.peoples.extendable_by_both", today).source;
            if d.track == Some(Track::PublicOrder) {
                return Err(Refusal::new("mediation.no_extension", "治安调解的期限不能协商延长。", "需要鉴定、评估的请“中止”；调解不成的依法处理。")
                    .by("治安调解期限", rules.cite("mediation.public_order.first_session_days", today).source)
                    .into());
            }
            if !both_agree {
                return Err(Refusal::new("mediation.both_agree", "延长期限须双方当事人同意。", "请征得双方同意后再延长。")
                    .by("双方同意延长", source)
                    .into());
            }
            if d.deadline.is_some_and(|old| to <= old) {
                return Err(FieldErrors::one("to", "新的期限应晚于原来的期限。"));
            }
            store::set_deadline(tx, id, Some(to), false, None).await?;
            redate(tx, &d, to).await?;
            note(tx, &d, Step::Extend, &format!("至 {to}：{why}")).await
        })
        .await
}

/// Not agreed, or not performed: other ways are told next; a public-order case must be dealt with by law.
pub async fn fail(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明调解不成或者没有履行的情况。"));
    }
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let was = d.track;
            advance(tx, &d, Step::Fail, None, today, why).await?;
            for kind in ["dispute.mediate", "dispute.review"] {
                notices::actions::done_for(tx, id, kind).await?;
            }
            let next = match was {
                Some(Track::PublicOrder) => "调解不成，请依法处罚并告知可以起诉",
                _ => "调解不成，请告知其他途径",
            };
            let due = end_of(today.tomorrow().unwrap_or(today));
            give(tx, (&d, "dispute.next"), next.into(), id.0, To::User(d.owner_id), due).await
        })
        .await
}

/// What the page needs after an agreement was written down.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Agreed {
    pub id: AgreementId,
    pub number: String,
}

/// Writes down the agreement: number without gaps, promises with dates, follow-ups by level.
pub async fn agree(app: &App, act: &Act, id: DisputeId, a: &NewAgreement) -> Result<Agreed> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Agree)?;
            let Some(track) = d.track else {
                return Err(Refusal::new("mediation.no_track", "还没有选定调解途径。", "请先完成受理审查。").into());
            };
            let parties = parts::parties(tx, id).await?;
            let talks = parts::talks(tx, id).await?;
            let held: Vec<Date> = talks
                .iter()
                .filter(|t| t.kind == TalkKind::Session && t.track == d.track)
                .map(|t| clock::day_of(t.held_from))
                .collect();
            rules::agreement(a, track, &parties, &held, &rules, today)?;
            if a.promises.iter().any(|p| p.party.is_some_and(|x| !parties.iter().any(|y| y.id == x))) {
                return Err(Error::NotFound("当事人"));
            }
            let number = agreement_number(tx, &d, track, a, today).await?;
            let confirmation = match (track, a.form) {
                (Track::Peoples, Form::Written | Form::Oral) => {
                    let days = rules.int("mediation.judicial_confirmation.request_days", a.signed_on)?;
                    Some((crate::model::Confirmation::ToApply, rules.calendar().add_days(a.signed_on, days).date))
                }
                _ => None,
            };
            let aid: AgreementId = tx.fresh();
            parts::insert_agreement(tx, &d, aid, (&number.0, number.1, number.2), track, a, confirmation).await?;
            for (i, p) in a.promises.iter().enumerate() {
                let oid = parts::insert_promise(tx, id, aid, i as i64 + 1, p).await?;
                if let Some(by) = p.by {
                    let title = format!("协议第 {} 项到期，请核实履行", i + 1);
                    give(tx, (&d, "dispute.obligation"), title, oid.0, To::User(d.owner_id), end_of(by)).await?;
                }
            }
            for file in &a.files {
                attachments::keep(app, tx, d.station_id, "agreement", aid.0, ("dispute", id.0), file).await?;
            }
            notices::actions::done_for(tx, id, "dispute.mediate").await?;
            let state = advance(tx, &d, Step::Agree, None, a.signed_on, &number.0).await?;
            debug_assert_eq!(state, State::Agreed);
            super::after::plan_follow_ups(tx, &d, a.signed_on, &rules).await?;
            trace(tx, id, Step::Plan, (state, None), today, "按级别安排回访").await?;
            Ok(Agreed { id: aid, number: number.0 })
        })
        .await
}

/// （2026）兴华社区人调字第 3 号 by committee; 正阳公（治）调字〔2026〕3号 by station.
async fn agreement_number(tx: &mut Tx, d: &Dispute, track: Track, a: &NewAgreement, today: Date) -> Result<(String, i64, i64)> {
    let year = i64::from(today.year());
    let station = d.station_id;
    if let (Track::Peoples, Some(c)) = (track, a.committee) {
        let committee = parts::committees(tx, station).await?.into_iter().find(|x| x.id == c).ok_or(Error::NotFound("调解委员会"))?;
        let n = tx.next_number(station, &format!("agreement.{c}"), year).await?;
        let short = committee.name.trim_end_matches("人民调解委员会").trim_end_matches("居民委员会");
        return Ok((format!("（{year}）{short}人调字第{n}号"), year, n));
    }
    let station_row = places::store::station(tx, station).await?;
    let n = tx.next_number(station, &format!("agreement.{}", track.code()), year).await?;
    let word = if track == Track::PublicOrder { "治调" } else { "行调" };
    Ok((format!("{}公（{word}）字〔{year}〕{n}号", station_row.name.trim_end_matches("派出所")), year, n))
}
