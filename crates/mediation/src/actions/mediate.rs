//! From acceptance to agreement: gates, talks, plan, the agreement with its promises.

use super::{To, advance, end_of, give, note, reach, trace};
use crate::model::{ClockKind, Dispute, Form, Kept as Promised, NewAgreement, NewTalk, State, Step, TalkKind, Track, TrackResult};
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
                let source = refused.as_ref().map_or("", |r| r.rule.source.as_str());
                parts::insert_gate(tx, id, track, false, &answers, (&why, source)).await?;
                note(tx, &d, Step::Gate, &format!("{}：{why}", track.label())).await?;
                return Ok(refused.map(Kept::from));
            }
            let committee = if track == Track::Peoples { super::handover::host(tx, &d, a, today).await? } else { None };
            parts::insert_gate(tx, id, track, true, &answers, ("", "")).await?;
            if track == Track::Administrative {
                super::handover::take_application(tx, &d, today).await?;
            }
            let station = places::store::station(tx, d.station_id).await?;
            let spec = rules::of_track(track, today, &station.code, &rules)?;
            super::clocks::answered(tx, id).await?;
            notices::actions::done_for(tx, id, "dispute.accept").await?;
            notices::actions::done_for(tx, id, "dispute.next").await?;
            let until = spec.as_ref().map_or("本地没有规定期限".to_string(), |s| format!("{} 前", s.due.date));
            advance(tx, &d, Step::Accept, None, today, &format!("{}，{until}", track.label())).await?;
            store::set_track(tx, id, track, today, spec.as_ref().map(|s| s.due)).await?;
            tracks::begin(tx, id, track, committee, today).await?;
            let d = store::get(tx, id).await?;
            if let Some(spec) = spec {
                super::clocks::start(tx, &d, &spec, today, "").await?;
            }
            Ok(None)
        })
        .await
        .map(|k: Option<Kept>| k.map(Refusal::from))
}

/// A refusal as a command's result is kept and given again to a repeated command.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    /// The refusal's key; commands done before it was kept have none.
    #[serde(default)]
    key: String,
    what: String,
    next: String,
    rule: Option<(String, String)>,
}

impl From<Refusal> for Kept {
    fn from(r: Refusal) -> Kept {
        Kept { key: r.key.into(), what: r.what, next: r.next, rule: Some((r.rule.name, r.rule.source)) }
    }
}

impl From<Kept> for Refusal {
    fn from(k: Kept) -> Refusal {
        let key = kernel::ground::known(&k.key).unwrap_or("mediation.excluded");
        let r = Refusal::new(key, k.what, k.next);
        match k.rule {
            Some((name, source)) => Refusal { rule: kernel::RuleRef { name, source }, ..r },
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
                let station = places::store::station_code(tx, d.station_id).await?;
                rules::Levels::at(&rules, &station, today).plan_first(&d)?;
                asked(tx, &d, &rules).await?;
                hosted(tx, &d, &t, on).await?;
                super::clocks::session(tx, &d, on, &rules).await?;
            }
            let talk = parts::insert_talk(tx, &d, held + 1, &t, &crew).await?;
            attachments::keep(app, tx, d.station_id, "talk", talk, ("dispute", id.0), &t.files).await?;
            note(tx, &d, step, &kernel::text::cut(&t.text, 80)).await
        })
        .await
}

/// Writes down the number of the recording of a talk or an agreement that was registered as recorded without one.
pub async fn number_recording(app: &App, act: &Act, id: DisputeId, record: kernel::Uuid, no: &str) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    if no.trim().is_empty() {
        return Err(FieldErrors::one("recording_no", "请填写录音录像编号。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            reach(tx, id).await?;
            if parts::number_recording(tx, id, record, no.trim()).await? == 0 {
                return Err(Refusal::new(
                    "mediation.recording_numbered",
                    "这份记录没有登记为已录音录像，或者已有编号。",
                    "已有的编号不能改；编号有误的，请在卷宗情况说明中写明。",
                )
                .into());
            }
            tx.record("mediation.recording_no", &[("dispute", id.0), ("recording", record)], no.trim());
            tx.emit("mediation.recording_no", id);
            Ok(())
        })
        .await
}

/// Every party was told and asked on this track.
async fn asked(tx: &mut Tx, d: &Dispute, rules: &kernel::rules::RuleSet) -> Result<()> {
    let Some(track) = d.track else { return Ok(()) };
    let (parties, gates) = (parts::parties(tx, d.id).await?, parts::gates(tx, d.id).await?);
    Ok(rules::all_asked(track, &parties, &gates, rules, clock::day_of(tx.now()))?)
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
        return Err(FieldErrors::one("held_from", format!("调解时间不能早于受理日期 {}。{}", run.accepted_on, crate::rules::order())));
    }
    let (Track::Peoples, Some(committee)) = (run.track, t.committee) else { return Ok(()) };
    committee_hosts(tx, d, committee, &t.mediator).await?;
    match run.committee_id {
        Some(c) if c != committee => Err(Refusal::new(
            "mediation.other_committee",
            "这起纠纷由另一个调解委员会受理。",
            "请选择受理的调解委员会；要换委员会的，请先记为调解不成，再移交另一个委员会。",
        )
        .into()),
        Some(_) => Ok(()),
        None => tracks::set_host(tx, run.id, committee).await,
    }
}

/// Whether these may host for the committee: its mediators, and nobody of the station.
pub(crate) async fn committee_hosts(tx: &mut Tx, d: &Dispute, committee: kernel::Uuid, names: &str) -> Result<()> {
    let all = parts::committees(tx, d.station_id).await?;
    let c = all.into_iter().find(|c| c.id == committee).ok_or(Error::NotFound("调解委员会"))?;
    let members: Vec<String> = c.mediator_names().into_iter().map(str::to_string).collect();
    rules::hosts(names, &members, Track::Peoples)?;
    let named: Vec<String> = members.into_iter().filter(|m| names.contains(m.as_str())).collect();
    rules::not_of_the_station(&named, &staff(tx, d.station_id).await?)?;
    Ok(())
}

/// Names and roles of the station's accounts.
pub(crate) async fn staff(tx: &mut Tx, station: kernel::StationId) -> Result<Vec<(String, Role)>> {
    let all = identity::store::list_users(tx, Some(station)).await?;
    Ok(all.into_iter().filter(|u| !u.is_disabled()).map(|u| (u.name, u.role)).collect())
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
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if d.paused_on.is_some() {
                return Err(Refusal::new("mediation.paused", "调解正在中止（鉴定、评估）。", "请先“恢复调解”，再记为调解不成。").into());
            }
            fail_in(tx, &d, why, &rules).await
        })
        .await
}

/// Ends the mediation as failed, with the case's clock and the next task.
async fn fail_in(tx: &mut Tx, d: &Dispute, why: &str, rules: &kernel::rules::RuleSet) -> Result<()> {
    let today = clock::day_of(tx.now());
    advance(tx, d, Step::Fail, None, today, why).await?;
    let result = if d.state == State::Agreed { TrackResult::NotPerformed } else { TrackResult::Failed };
    tracks::end(tx, d.id, result, today, why).await?;
    super::clocks::meet(tx, d.id, ClockKind::is_mediation, today, result.label()).await?;
    // A question asked again may end what stands still.
    super::clocks::end_pause(tx, d).await?;
    if d.track == Some(Track::PublicOrder) {
        super::clocks::case_begins(tx, d, today, result.label(), rules).await?;
    }
    for o in parts::obligations(tx, d.id).await? {
        notices::actions::done_all(tx, o.id).await?;
    }
    for kind in ["dispute.review", "dispute.next"] {
        notices::actions::done_for(tx, d.id, kind).await?;
    }
    let due = super::other::police_case(tx, d.id).await?.due().is_some();
    let next = if due { "调解不成，请依法处罚并告知可以起诉" } else { "调解不成，请告知其他途径" };
    let until = end_of(today.tomorrow().unwrap_or(today));
    give(tx, (d, "dispute.next"), next.into(), d.id.0, To::User(d.owner_id), until).await
}

/// The questions of the track asked again: for a party that came later, or because an exclusion arose since. One that applies
/// ends the mediation with the answers kept; `Some` says which.
pub async fn recheck(app: &App, act: &Act, id: DisputeId, a: &Answers) -> Result<Option<Refusal>> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Recheck)?;
            let Some(track) = d.track else { return Err(Error::NotFound("调解途径")) };
            let refused = rules::recheck(track, a, &rules, today)?;
            let answers = format!("复核\n{}", answer_text(a, track, &rules));
            let why = refused.as_ref().map_or(String::new(), |r| r.what.clone());
            let source = refused.as_ref().map_or("", |r| r.rule.source.as_str());
            parts::insert_gate(tx, id, track, refused.is_none(), &answers, (&why, source)).await?;
            note(tx, &d, Step::Recheck, if refused.is_some() { &why } else { "可以继续调解" }).await?;
            if refused.is_some() {
                fail_in(tx, &d, &why, &rules).await?;
            }
            Ok(refused.map(Kept::from))
        })
        .await
        .map(|k: Option<Kept>| k.map(Refusal::from))
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
            let mut a = a.clone();
            if a.recorder.trim().is_empty() {
                a.recorder = tx.act().actor.name.clone();
            }
            let a = &a;
            let parties = parts::parties(tx, id).await?;
            let present = present(tx, &d, track, a).await?;
            let set = setting(tx, &d, track, a, &present).await?;
            rules::agreement(a, track, &parties, &set, &rules, today)?;
            asked(tx, &d, &rules).await?;
            // Said only where something is not known.
            let note = if set.unknown.is_empty() { String::new() } else { a.identity_note.clone() };
            let a = &NewAgreement { identity_note: note, ..a.clone() };
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
            parts::insert_agreement_crew(tx, aid, &present.others).await?;
            for (i, p) in a.promises.iter().enumerate() {
                let oid = parts::insert_promise(tx, id, aid, i as i64 + 1, a.signed_on, p).await?;
                if a.form == Form::OnSpot {
                    // Performed before everybody left; the recording shows it (程序规定 §178).
                    parts::settle_promise(tx, oid, Promised::Done, Some(a.signed_on), "当场履行，见现场录音录像").await?;
                    continue;
                }
                if let Some(by) = p.due(a.signed_on) {
                    let title = format!("协议第 {} 项到期，请核实履行", i + 1);
                    give(tx, (&d, "dispute.obligation"), title, oid.0, To::User(d.owner_id), end_of(by)).await?;
                }
            }
            attachments::keep(app, tx, d.station_id, "agreement", aid.0, ("dispute", id.0), &a.files).await?;
            tracks::end(tx, id, TrackResult::Agreed, a.signed_on, &number.0).await?;
            super::clocks::meet(tx, id, ClockKind::is_mediation, a.signed_on, "达成协议").await?;
            if let Some(s) = confirmation {
                super::clocks::start(tx, &d, &s, a.signed_on, &number.0).await?;
            }
            let said = if set.doubled.is_empty() { number.0.clone() } else { format!("{}（同名的人已核实）", number.0) };
            let state = advance(tx, &d, Step::Agree, None, a.signed_on, &said).await?;
            debug_assert_eq!(state, State::Agreed);
            super::after::plan_follow_ups(tx, &d, a.signed_on, &rules).await?;
            trace(tx, id, Step::FollowUp, (state, None), today, "按级别安排回访").await?;
            Ok(Agreed { id: aid, number: number.0 })
        })
        .await
}

/// Who of the station stands on an agreement of the police.
struct Present {
    /// The officers whose names stand as hosts.
    hosts: Vec<(kernel::UserId, Role)>,
    /// The others (在场人员).
    others: Vec<(kernel::UserId, Role)>,
}

async fn present(tx: &mut Tx, d: &Dispute, track: Track, a: &NewAgreement) -> Result<Present> {
    let mut p = Present { hosts: vec![], others: vec![] };
    if track == Track::Peoples {
        return Ok(p);
    }
    let staff = identity::store::list_users(tx, Some(d.station_id)).await?;
    for name in a.mediator.split(['、', ',', '，']).map(str::trim) {
        let found = staff.iter().find(|u| u.name == name && u.role.is_sworn() && !u.is_disabled() && !p.hosts.iter().any(|h| h.0 == u.id));
        p.hosts.extend(found.map(|u| (u.id, u.role)));
    }
    for u in &a.crew {
        let role = member(tx, d, *u).await?;
        if !p.hosts.iter().chain(&p.others).any(|x| x.0 == *u) {
            p.others.push((*u, role));
        }
    }
    Ok(p)
}

/// What the agreement is measured by.
async fn setting(tx: &mut Tx, d: &Dispute, track: Track, a: &NewAgreement, present: &Present) -> Result<rules::Setting> {
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
            committee_hosts(tx, d, c, &a.mediator).await?;
            hosts = a.mediator.split(['、', ',', '，']).map(|n| n.trim().to_string()).collect();
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
    let (mut ages, mut unknown, mut people) = (vec![], vec![], vec![]);
    for p in parts::parties(tx, d.id).await? {
        let v = people::store::person_for(tx, p.person_id, true).await?;
        ages.push((p.id, v.age));
        if v.sex == people::model::Sex::Unknown || v.birth.is_none() || v.id_masked.is_empty() {
            unknown.push(p.side.label());
        }
        people.push((p, v.name));
    }
    Ok(rules::Setting {
        accepted_on: from,
        held: sessions.iter().map(|t| clock::day_of(t.held_from)).collect(),
        committee: run.and_then(|r| r.committee_id),
        hosts,
        crew: rules::Crew {
            host: present.hosts.first().map(|h| h.1),
            others: present.hosts.iter().skip(1).chain(&present.others).map(|x| x.1).collect(),
        },
        paused: d.paused_on.is_some(),
        ages,
        doubled: rules::doubled(&people, &a.mediator),
        unknown,
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
