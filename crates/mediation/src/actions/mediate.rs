//! From acceptance to agreement: gates, talks, plan, the agreement with its promises.

use super::{To, advance, end_of, give, note, reach, trace};
use crate::model::{ClockKind, Dispute, Form, NewAgreement, NewTalk, State, Step, TalkKind, Track, TrackResult};
use crate::rules::{self, Answers};
use crate::store::{self, parts, tracks};
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
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "期限正在中止（鉴定、评估）。", "请先“恢复”，再受理。").into());
            }
            rules::again(track, &tracks::runs(tx, id).await?, &rules, today)?;
            let refused = rules::gate(&d, track, a, &rules, today)?;
            let answers = answer_text(a, track, &rules);
            let why = refused.as_ref().map_or(String::new(), |r| r.what.clone());
            if refused.is_some() {
                let source = refused.as_ref().and_then(|r| r.rule.as_ref()).map_or("", |r| r.source.as_str());
                parts::insert_gate(tx, id, track, false, &answers, (&why, source)).await?;
                note(tx, &d, Step::Gate, &format!("{}：{why}", track.label())).await?;
                return Ok(refused.map(Kept::from));
            }
            let committee = if track == Track::Peoples { super::handover::host(tx, &d, a, today).await? } else { None };
            parts::insert_gate(tx, id, track, true, &answers, ("", "")).await?;
            if track == Track::Administrative {
                super::handover::take_application(tx, &d, today).await?;
            }
            let spec = rules::of_track(track, today, &rules)?;
            super::clocks::answered(tx, id).await?;
            notices::actions::done_for(tx, id, "dispute.accept").await?;
            notices::actions::done_for(tx, id, "dispute.next").await?;
            let text = format!("{}，{} 前", track.label(), spec.due.date);
            advance(tx, &d, Step::Accept, None, today, &text).await?;
            store::set_track(tx, id, track, today, spec.due.date, spec.due.provisional).await?;
            tracks::begin(tx, id, track, committee, today).await?;
            let d = store::get(tx, id).await?;
            super::clocks::start(tx, &d, &spec, today, "").await?;
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
                let on = clock::day_of(t.held_from);
                rules::plan_first(&d, &rules)?;
                hosted(tx, &d, &t, on).await?;
                super::clocks::session(tx, &d, on, &rules).await?;
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

/// A session lies within its track, and people's mediation is hosted by the committee that took it.
async fn hosted(tx: &mut Tx, d: &Dispute, t: &NewTalk, on: Date) -> Result<()> {
    let Some(run) = tracks::latest(tx, d.id).await? else { return Ok(()) };
    if on < run.accepted_on {
        return Err(FieldErrors::one("held_from", format!("调解时间不能早于受理日期 {}。", run.accepted_on)));
    }
    let (Track::Peoples, Some(committee)) = (run.track, t.committee) else { return Ok(()) };
    let mediators = mediators(tx, d, committee).await?;
    rules::hosts(&t.mediator, &mediators, Track::Peoples)?;
    match run.committee_id {
        Some(c) if c != committee => Err(Refusal::new(
            "mediation.other_committee",
            "这起纠纷由另一个调解委员会受理。",
            "请选择受理的调解委员会；要换委员会的，请先记为调解不成，再移交另一个委员会。",
        )
        .by("人民调解由受理的委员会主持", "人民调解法第十九条")
        .into()),
        Some(_) => Ok(()),
        None => tracks::set_host(tx, run.id, committee).await,
    }
}

/// Names of the committee's mediators.
pub(crate) async fn mediators(tx: &mut Tx, d: &Dispute, committee: kernel::Uuid) -> Result<Vec<String>> {
    let all = parts::committees(tx, d.station_id).await?;
    let c = all.into_iter().find(|c| c.id == committee).ok_or(Error::NotFound("调解委员会"))?;
    Ok(c.mediator_names().into_iter().map(str::to_string).collect())
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

/// Not agreed, or not performed: other ways are told next; a public-order case must be dealt with by law.
pub async fn fail(app: &App, act: &Act, id: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("why", "请写明调解不成或者没有履行的情况。"));
    }
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let was = d.track;
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "调解正在中止（鉴定、评估）。", "请先“恢复调解”，再记为调解不成。").into());
            }
            advance(tx, &d, Step::Fail, None, today, why).await?;
            let result = if d.state == State::Agreed { TrackResult::NotPerformed } else { TrackResult::Failed };
            tracks::end(tx, id, result, today, why).await?;
            super::clocks::meet(tx, id, ClockKind::is_mediation, today, result.label()).await?;
            if was == Some(Track::PublicOrder) {
                super::clocks::case_begins(tx, &d, today, result.label(), &rules).await?;
            }
            for o in parts::obligations(tx, id).await? {
                notices::actions::done_all(tx, o.id).await?;
            }
            for kind in ["dispute.review", "dispute.next"] {
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
            let set = setting(tx, &d, track, a).await?;
            rules::agreement(a, track, &parties, &set, &rules, today)?;
            if a.promises.iter().any(|p| p.party.is_some_and(|x| !parties.iter().any(|y| y.id == x))) {
                return Err(Error::NotFound("当事人"));
            }
            let number = agreement_number(tx, &d, track, a, today).await?;
            let confirmation = match (track, a.form) {
                (Track::Peoples, Form::Written | Form::Oral) => Some(rules::of_confirm_request(a.signed_on, &rules)?),
                _ => None,
            };
            let aid: AgreementId = tx.fresh();
            parts::insert_agreement(tx, &d, aid, (&number.0, number.1, number.2), track, a, confirmation.as_ref().map(|s| (crate::model::Confirmation::ToApply, s.due.date))).await?;
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
            tracks::end(tx, id, TrackResult::Agreed, a.signed_on, &number.0).await?;
            super::clocks::meet(tx, id, ClockKind::is_mediation, a.signed_on, "达成协议").await?;
            if let Some(s) = confirmation {
                super::clocks::start(tx, &d, &s, a.signed_on, &number.0).await?;
            }
            let state = advance(tx, &d, Step::Agree, None, a.signed_on, &number.0).await?;
            debug_assert_eq!(state, State::Agreed);
            super::after::plan_follow_ups(tx, &d, a.signed_on, &rules).await?;
            trace(tx, id, Step::Plan, (state, None), today, "按级别安排回访").await?;
            Ok(Agreed { id: aid, number: number.0 })
        })
        .await
}

/// What the agreement is measured by.
async fn setting(tx: &mut Tx, d: &Dispute, track: Track, a: &NewAgreement) -> Result<rules::Setting> {
    let run = tracks::latest(tx, d.id).await?;
    let from = run.as_ref().map(|r| r.accepted_on);
    let talks = parts::talks(tx, d.id).await?;
    let sessions: Vec<_> = talks
        .iter()
        .filter(|t| t.kind == TalkKind::Session && t.track == d.track && from.is_none_or(|f| clock::day_of(t.held_from) >= f))
        .collect();
    let mut hosts = vec![];
    if track == Track::Peoples {
        if let Some(c) = a.committee {
            hosts = mediators(tx, d, c).await?;
        }
    } else {
        for t in &sessions {
            if let Some(u) = t.host_user
                && let Some(u) = identity::store::find_user(tx, u).await?
                && u.role.is_sworn()
            {
                hosts.push(u.name);
            }
        }
        // On the spot there is no session before: an officer of the station signs.
        if a.form == Form::OnSpot {
            let today = clock::day_of(tx.now());
            let crew = identity::store::crew(tx, d.station_id, d.beat_id, d.grid_id, today).await?;
            hosts.extend(crew.into_iter().filter(|u| u.role.is_sworn()).map(|u| u.name));
        }
    }
    Ok(rules::Setting {
        accepted_on: from,
        held: sessions.iter().map(|t| clock::day_of(t.held_from)).collect(),
        committee: run.and_then(|r| r.committee_id),
        hosts,
        paused: d.paused_on.is_some(),
    })
}

/// （2026）兴华社区人调字第3号 by committee; 正阳公（治调）字〔2026〕3号 by station; the on-scene form has a series of its
/// own, because it is filed by its number.
async fn agreement_number(tx: &mut Tx, d: &Dispute, track: Track, a: &NewAgreement, today: Date) -> Result<(String, i64, i64)> {
    let year = i64::from(today.year());
    let station = d.station_id;
    if let (Track::Peoples, Some(c)) = (track, a.committee) {
        return committee_number(tx, station, c, year).await;
    }
    let station_row = places::store::station(tx, station).await?;
    let (series, word) = match (track, a.form) {
        (_, Form::OnSpot) => (Form::OnSpot.code(), "现调"),
        (Track::PublicOrder, _) => (track.code(), "治调"),
        _ => (track.code(), "行调"),
    };
    let n = tx.next_number(station, &format!("agreement.{series}"), year).await?;
    Ok((format!("{}公（{word}）字〔{year}〕{n}号", station_row.name.trim_end_matches("派出所")), year, n))
}

/// （年）人调字第 号: the next number of a committee in a year, without gaps; taken by an agreement, or by the dossier of a
/// matter that ended without one.
pub async fn committee_number(tx: &mut Tx, station: kernel::StationId, committee: kernel::Uuid, year: i64) -> Result<(String, i64, i64)> {
    let found = parts::committees(tx, station).await?.into_iter().find(|x| x.id == committee).ok_or(Error::NotFound("调解委员会"))?;
    let n = tx.next_number(station, &format!("agreement.{committee}"), year).await?;
    let short = found.name.trim_end_matches("人民调解委员会").trim_end_matches("居民委员会");
    Ok((format!("（{year}）{short}人调字第{n}号"), year, n))
}
