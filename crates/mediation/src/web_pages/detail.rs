//! One dispute: where it stands, what may be done now, and everything that was done.

use super::{Choice, LevelView, choices, choices_at, level};
use crate::model::{
    Agreement, Answer as Reply, Application, Candidate, ClockKind, ClockRow, Committee, ConfirmStep, Confirmation, Decision, Dispute, FollowUp,
    Gate, HandOver, Kept, LevelLine, Link, LogLine, Obligation, Other, Party, Reason, Referral, Relation, Settlement, State, Step, Talk,
    Track, TrackRun, Warning,
};
use crate::store::{self, parts, tracks};
use crate::rules::Levels;
use crate::{actions, rules};
use askama::Template;
use axum::extract::Path;
use kernel::{Date, DisputeId, Permission as P, Purpose, Reader, UserId};
use people::model::PersonView;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

pub(crate) struct TalkView {
    pub t: Talk,
    pub host: String,
    pub crew: String,
    pub files: Vec<attachments::Kept>,
}

pub(crate) struct AgreementView {
    pub a: Agreement,
    pub organ: String,
    /// 在场人员
    pub crew: String,
    pub files: Vec<attachments::Kept>,
    pub promises: Vec<PromiseView>,
    pub steps: Vec<ConfirmStep>,
}

pub(crate) struct PromiseView {
    pub o: Obligation,
    pub who: String,
    pub late: bool,
    pub files: Vec<attachments::Kept>,
}

pub(crate) struct Loaded {
    pub d: Dispute,
    address: String,
    beat: String,
    grid: String,
    incident: Option<String>,
    owner: String,
    pub parties: Vec<(Party, PersonView)>,
    gates: Vec<(Gate, String)>,
    facts: Vec<String>,
    pub talks: Vec<TalkView>,
    agreements: Vec<AgreementView>,
    follow_ups: Vec<(FollowUp, String)>,
    warnings: Vec<Warning>,
    links: Vec<Link>,
    log: Vec<(LogLine, String)>,
    lead: String,
    /// Each track with the committee that hosts it.
    pub runs: Vec<(TrackRun, String)>,
    clocks: Vec<ClockRow>,
    /// Hand-over, committee, who handed over.
    hand_overs: Vec<(HandOver, String, String)>,
    applications: Vec<Application>,
    settlements: Vec<Settlement>,
    decisions: Vec<Decision>,
    referrals: Vec<Referral>,
    levels: Vec<(LevelLine, String)>,
    relations: Vec<(Relation, Candidate, String)>,
    proposals: Vec<(Other, Vec<Reason>)>,
    merged: Vec<Candidate>,
    master: Option<Candidate>,
    pub crew: Vec<identity::model::UserLine>,
    /// The station's code, by which packs name it.
    station: String,
    pub committees: Vec<Committee>,
    proposed: Option<incidents::store::suggestions::Kept>,
    holds: Vec<people::model::Hold>,
    cleared: Option<people::store::Cleared>,
}

pub(crate) async fn load(ctx: &Ctx, id: DisputeId) -> kernel::Result<Loaded> {
    let look = ctx.look("mediation.see", Purpose::Mediation).about("dispute", id.0);
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let full = ctx.may(P::DisputeSee);
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let d = store::get(r, id).await?;
            actions::visible(r, &d)?;
            let handles = actions::handles(r, &d).await?;
            let mut party_list = vec![];
            for p in parts::parties(r, id).await? {
                let view = people::store::person_for(r, p.person_id, handles).await?;
                party_list.push((p, view));
            }
            let talks = parts::talks(r, id).await?;
            let crews = parts::crews(r, id).await?;
            let spot = parts::agreement_crews(r, id).await?;
            let gates = parts::gates(r, id).await?;
            let agreements = parts::agreements(r, id).await?;
            let promises = parts::obligations(r, id).await?;
            let follow_ups = parts::follow_ups(r, id).await?;
            let log = parts::log_of(r, id).await?;
            let runs = tracks::runs(r, id).await?;
            let hand_overs = tracks::hand_overs(r, id).await?;
            let levels = tracks::levels(r, id).await?;
            let steps = tracks::confirm_steps(r, id).await?;
            let mut relations = if full { tracks::relations(r, id).await? } else { vec![] };
            // The newest verdict about a pair holds.
            let mut seen: Vec<DisputeId> = vec![];
            relations.retain(|x| {
                let other = if x.dispute_id == id { x.other_id } else { x.dispute_id };
                let fresh = !seen.contains(&other);
                seen.push(other);
                fresh
            });
            let mut named = seen.clone();
            named.extend(d.master_id);
            let named = crate::store::query::shown(r, named).await?;
            let named = tracks::named(r, &named).await?;
            let mut users: Vec<UserId> = vec![d.owner_id];
            users.extend(d.lead_id);
            users.extend(hand_overs.iter().map(|h| h.by_user));
            users.extend(levels.iter().map(|l| l.by_user));
            users.extend(relations.iter().map(|x| x.by_user));
            users.extend(talks.iter().filter_map(|t| t.host_user));
            users.extend(crews.iter().map(|c| c.1));
            users.extend(spot.iter().map(|c| c.1));
            users.extend(gates.iter().map(|g| g.by_user));
            users.extend(follow_ups.iter().filter_map(|f| f.by_user));
            users.extend(log.iter().map(|l| l.by_user));
            let names = identity::store::names(r, &users).await?;
            let name = |u: &UserId| names.iter().find(|(id, _)| id == u).map_or_else(|| if u.is_nil() { "系统" } else { "—" }.to_string(), |(_, n)| n.clone());
            let committees = parts::committees(r, d.station_id).await?;
            let organ = |c: Option<kernel::Uuid>| {
                c.and_then(|c| committees.iter().find(|x| x.id == c)).map_or_else(String::new, |c| c.name.clone())
            };
            let mut talk_views = vec![];
            for t in talks {
                let files = attachments::of_record(r, "talk", t.id).await?;
                let host = match (&t.host_user, t.mediator.is_empty()) {
                    (_, false) => format!("{} {}", organ(t.committee_id), t.mediator),
                    (Some(u), true) => name(u),
                    (None, true) => String::new(),
                };
                let crew: Vec<String> = crews.iter().filter(|c| c.0 == t.id && Some(c.1) != t.host_user).map(|c| name(&c.1)).collect();
                talk_views.push(TalkView { host, crew: crew.join("、"), files, t });
            }
            let mut agreement_views = vec![];
            for a in agreements {
                let mut list = vec![];
                for o in promises.iter().filter(|o| o.agreement_id == a.id) {
                    let who = o.party_id.and_then(|p| party_list.iter().find(|(x, _)| x.id == p));
                    list.push(PromiseView {
                        who: who.map_or_else(|| "双方".to_string(), |(p, v)| format!("{} {}", p.side.label(), v.name)),
                        late: o.state == Kept::Pending && o.due.is_some_and(|due| due < today),
                        files: attachments::of_record(r, "obligation", o.id.0).await?,
                        o: o.clone(),
                    });
                }
                let files = attachments::of_record(r, "agreement", a.id.0).await?;
                let present: Vec<String> = spot.iter().filter(|c| c.0 == a.id).map(|c| name(&c.1)).collect();
                let of_court = steps.iter().filter(|s| s.agreement_id == a.id).cloned().collect();
                agreement_views.push(AgreementView { organ: organ(a.committee_id), crew: present.join("、"), files, promises: list, steps: of_court, a });
            }
            let people: Vec<_> = party_list.iter().map(|(p, _)| p.person_id).collect();
            let proposals = if full { actions::proposals(&ctx.app, r, &d, &people).await? } else { vec![] };
            let merged = tracks::merged_into(r, id).await?;
            let ids = proposals.iter().map(|p| p.0.id).chain(merged.iter().map(|m| m.id)).collect();
            let shown = crate::store::query::shown(r, ids).await?;
            let proposals: Vec<_> = proposals.into_iter().filter(|p| shown.contains(&p.0.id)).collect();
            let merged: Vec<_> = merged.into_iter().filter(|m| shown.contains(&m.id)).collect();
            let find = |x: DisputeId| named.iter().find(|c| c.id == x).cloned();
            let incident = match d.incident_id {
                Some(i) if full => Some(incidents::store::get(r, i).await?.number),
                _ => None,
            };
            Ok(Loaded {
                address: match d.address_id {
                    Some(a) => places::store::address_line(r, a).await?,
                    None => d.place_text.clone(),
                },
                beat: match d.beat_id {
                    Some(b) => places::store::beat_name(r, b).await?,
                    None => String::new(),
                },
                grid: match d.grid_id {
                    Some(g) => places::store::grid_name(r, g).await?,
                    None => String::new(),
                },
                incident,
                owner: name(&d.owner_id),
                parties: party_list,
                gates: gates.into_iter().map(|g| { let by = name(&g.by_user); (g, by) }).collect(),
                facts: parts::facts(r, id).await?.iter().map(|f| rules.name("dispute.level_fact", f).to_string()).collect(),
                talks: talk_views,
                agreements: agreement_views,
                follow_ups: follow_ups.into_iter().map(|f| { let by = f.by_user.as_ref().map_or(String::new(), name); (f, by) }).collect(),
                warnings: parts::warnings(r, id).await?,
                links: parts::links(r, id).await?,
                log: log.into_iter().map(|l| { let by = name(&l.by_user); (l, by) }).collect(),
                lead: d.lead_id.as_ref().map_or(String::new(), name),
                runs: runs.into_iter().map(|x| { let c = organ(x.committee_id); (x, c) }).collect(),
                clocks: tracks::clocks(r, id).await?,
                hand_overs: hand_overs.into_iter().map(|h| { let (c, by) = (organ(Some(h.committee_id)), name(&h.by_user)); (h, c, by) }).collect(),
                applications: tracks::applications(r, id).await?,
                settlements: tracks::settlements(r, id).await?,
                decisions: tracks::decisions(r, id).await?,
                referrals: tracks::referrals(r, id).await?,
                levels: levels.into_iter().map(|l| { let by = name(&l.by_user); (l, by) }).collect(),
                relations: relations
                    .into_iter()
                    .filter_map(|x| {
                        let other = find(if x.dispute_id == id { x.other_id } else { x.dispute_id })?;
                        let by = name(&x.by_user);
                        Some((x, other, by))
                    })
                    .collect(),
                proposals,
                merged,
                master: d.master_id.and_then(find),
                crew: identity::store::crew(r, d.station_id, d.beat_id, d.grid_id, today).await?,
                station: places::store::station_code(r, d.station_id).await?,
                committees,
                holds: people::store::record_holds(r, id.0).await?,
                cleared: people::store::cleared_record(r, id.0).await?,
                proposed: incidents::store::suggestions::kept(r, id.0).await?.into_iter().next(),
                d,
            })
        })
        .await
}

/// The questions of one track, for its form.
struct TrackForm {
    track: Track,
    questions: Vec<Choice>,
    needs_violation: bool,
}

#[derive(Template)]
#[template(path = "detail.html")]
struct Detail<'a> {
    ctx: &'a Ctx,
    l: Loaded,
    form: &'a Form,
    again: &'a Again,
    open: &'a str,
    command_id: String,
    level: LevelView,
    category: String,
    police: String,
    causes: String,
    /// What was suggested at registration beside what was chosen.
    proposed: String,
    levels: Vec<Choice>,
    level_facts: Vec<Choice>,
    categories: Vec<Choice>,
    police_codes: Vec<Choice>,
    cause_codes: Vec<Choice>,
    tracks: Vec<TrackForm>,
    acts: Vec<Choice>,
    circumstances: Vec<Choice>,
    court_questions: Vec<Choice>,
    /// What higher domains bring (the Fengqiao book, the dossier).
    slot: String,
    decision_kinds: Vec<Choice>,
    modes: Vec<Choice>,
    findings: Vec<Choice>,
    satisfactions: Vec<Choice>,
    today: Date,
    now_local: String,
    mediate: bool,
    assist: bool,
    open_right: bool,
    review: bool,
}

impl Detail<'_> {
    fn may(&self, step: Step) -> bool {
        rules::next(self.l.d.state, step).is_ok()
    }
    fn self_settled(&self) -> bool {
        self.l.d.state == State::Closed && !self.l.settlements.is_empty()
    }
    fn police_case(&self) -> rules::PoliceCase {
        let l = &self.l;
        rules::PoliceCase { runs: l.runs.iter().map(|r| r.0.clone()).collect(), decisions: l.decisions.clone(), settlements: l.settlements.clone() }
    }
    fn decision_due(&self) -> bool {
        self.police_case().due().is_some()
    }
    /// A public-order mediation is under way or waits for its decision.
    fn case_open(&self) -> bool {
        let case = self.police_case();
        case.under_way() || case.due().is_some()
    }
    fn had_case(&self) -> bool {
        self.l.runs.iter().any(|r| r.0.track == Track::PublicOrder)
    }
    /// In 履行中 only a committee's agreement beside a waiting case is asked for acceptance (程序规定 §186).
    fn may_settle(&self) -> bool {
        self.may(Step::SelfSettle) && (self.l.d.state != State::Agreed || (self.l.d.track == Some(Track::Peoples) && self.decision_due()))
    }
    fn decision_kind(&self, code: &str) -> String {
        self.ctx.app.rules().name("case.decision_kind", code).to_string()
    }
    /// The questions of the track under way.
    fn again_questions(&self) -> &[Choice] {
        self.tracks.iter().find(|t| Some(t.track) == self.l.d.track).map_or(&[], |t| &t.questions)
    }
    /// A party that was registered after the gate.
    fn unasked(&self) -> bool {
        let asked = self.l.gates.iter().filter(|g| g.0.passed && Some(g.0.track) == self.l.d.track).map(|g| g.0.at).max();
        self.l.d.state == State::Mediating && self.l.parties.iter().any(|(p, _)| asked.is_none_or(|at| p.added_at > at))
    }
    /// A field of the self-settlement: what was typed, else what stands, else the usual opinion.
    fn settlement(&self, field: &str) -> String {
        if matches!(self.open, "self_settle" | "amend_settlement") {
            return self.form.typed(field).to_string();
        }
        let day = |d: Option<kernel::Date>| d.map_or(String::new(), |d| d.to_string());
        match (self.l.settlements.last(), field) {
            (Some(s), "what") => s.what.clone(),
            (Some(s), "settled_on") => day(s.settled_on),
            (Some(s), "performed_on") => day(s.performed_on),
            (Some(s), "requested_on") => day(s.requested_on),
            (Some(s), "accepted_on") => day(s.accepted_on),
            (Some(s), "opinion") if !s.opinion.is_empty() => s.opinion.clone(),
            (_, "opinion") => Settlement::OPINION.into(),
            _ => String::new(),
        }
    }
    /// Days to the deadline as a word: 还有 3 天, 今天到期, 已超 2 天.
    fn days_left(&self) -> String {
        let Some(due) = self.l.d.deadline else { return String::new() };
        match self.today.until(due).map(|s| s.get_days()).unwrap_or(0) {
            0 => "今天到期".into(),
            n if n > 0 => format!("还有 {n} 天"),
            n => format!("已超 {} 天", -n),
        }
    }
    fn overdue(&self) -> bool {
        self.l.d.state == State::Mediating && self.l.d.paused_on.is_none() && self.l.d.deadline.is_some_and(|d| d < self.today)
    }
    fn mode(&self, code: &str) -> String {
        self.ctx.app.rules().name("follow_up.mode", code).to_string()
    }
    fn finding(&self, code: &Option<String>) -> String {
        code.as_deref().map_or(String::new(), |c| self.ctx.app.rules().name("follow_up.finding", c).to_string())
    }
    fn satisfaction(&self, code: &Option<String>) -> String {
        code.as_deref().map_or(String::new(), |c| self.ctx.app.rules().name("satisfaction", c).to_string())
    }
    fn fu_open(&self, f: &FollowUp) -> bool {
        f.done_at.is_none() && !f.dropped
    }
    /// The reader is the leader who took it.
    fn leads(&self) -> bool {
        self.l.d.lead_id == Some(self.ctx.who.user)
    }
    fn waiting_hand_over(&self) -> Option<&(HandOver, String, String)> {
        self.l.hand_overs.iter().find(|h| h.0.answer.is_none())
    }
    fn waiting_application(&self) -> Option<&Application> {
        self.l.applications.iter().find(|a| a.answer.is_none())
    }
    /// The committee that accepted a hand-over and has not hosted a track since.
    fn accepted_by(&self) -> Option<&String> {
        let since = self.l.runs.last().and_then(|r| r.0.ended_on);
        let fits = |h: &HandOver| h.answer == Some(Reply::Accepted) && since.is_none_or(|s| h.answered_on.is_some_and(|on| on >= s));
        self.l.hand_overs.iter().rev().find(|h| fits(&h.0)).map(|h| &h.1)
    }
    fn hosted_by(&self) -> Option<&String> {
        self.l.runs.last().map(|r| &r.1).filter(|c| !c.is_empty())
    }
    /// The committee that took the track under way.
    fn hosts(&self, committee: &kernel::Uuid) -> bool {
        self.l.runs.last().and_then(|r| r.0.committee_id) == Some(*committee)
    }
    fn open_clocks(&self) -> Vec<&ClockRow> {
        self.l.clocks.iter().filter(|c| c.is_open()).collect()
    }
    fn ended_clocks(&self) -> Vec<&ClockRow> {
        self.l.clocks.iter().filter(|c| !c.is_open()).collect()
    }
    fn case_runs(&self) -> bool {
        self.l.clocks.iter().any(|c| c.is_open() && c.kind == ClockKind::Case)
    }
    /// A day, or the moment when it is counted in hours.
    fn clock_due(&self, c: &ClockRow) -> String {
        if c.kind == ClockKind::Feedback { web::show::moment(&c.due_at) } else { c.due().to_string() }
    }
    fn clock_late(&self, c: &ClockRow) -> bool {
        c.due_at <= self.ctx.now()
    }
    fn clock_left(&self, c: &ClockRow) -> String {
        if c.kind == ClockKind::Feedback {
            return web::show::until(&c.due_at, &self.ctx.now());
        }
        match self.today.until(c.due()).map(|s| s.get_days()).unwrap_or(0) {
            0 => "今天到期".into(),
            n if n > 0 => format!("还有 {n} 天"),
            n => format!("已超 {} 天", -n),
        }
    }
    /// The last three talks; older ones are folded.
    fn newest_talks(&self) -> &[TalkView] {
        &self.l.talks[self.l.talks.len().saturating_sub(3)..]
    }
    fn older_talks(&self) -> &[TalkView] {
        &self.l.talks[..self.l.talks.len().saturating_sub(3)]
    }
    /// Everything that closing asks for is there.
    fn ready(&self) -> bool {
        let promises = self.l.agreements.first().map_or(&[][..], |a| &a.promises[..]);
        match self.l.d.state {
            State::Agreed => !self.decision_due() && promises.iter().all(|p| !matches!(p.o.state, Kept::Pending | Kept::Broken)),
            State::Protected => {
                let visits: Vec<FollowUp> = self.l.follow_ups.iter().map(|(f, _)| f.clone()).collect();
                !self.decision_due() && rules::visits(self.l.warnings.iter().map(|w| w.at).max(), &visits).complete()
            }
            _ => false,
        }
    }
    fn court_next(&self, c: &Confirmation) -> Vec<Confirmation> {
        use Confirmation as C;
        match c {
            C::ToApply => vec![C::ToAccept, C::Overdue],
            C::Overdue => vec![C::ToAccept],
            C::ToAccept => vec![C::ToReview, C::NotAccepted],
            C::ToReview => vec![C::Confirmed, C::NotConfirmed],
            C::Confirmed | C::NotConfirmed | C::NotAccepted => vec![],
        }
    }
    fn court_word(&self, c: &Confirmation) -> &'static str {
        match c {
            Confirmation::ToAccept => "双方已共同申请",
            Confirmation::ToReview => "法院受理，进入审查",
            Confirmation::Overdue => "超时，没有共同申请",
            other => other.label(),
        }
    }
    fn level_name(&self, code: &str) -> String {
        self.ctx.app.rules().name("dispute.level", code).to_string()
    }
    fn fact_names(&self, codes: &str) -> String {
        let rules = self.ctx.app.rules();
        codes.split(',').filter(|c| !c.is_empty()).map(|c| rules.name("dispute.level_fact", c)).collect::<Vec<_>>().join("、")
    }
    fn reasons(&self, codes: &str) -> String {
        codes.split(',').filter_map(Reason::from_code).map(Reason::label).collect::<Vec<_>>().join("、")
    }
    /// One sentence: the next lawful step.
    fn next_line(&self) -> String {
        let l = &self.l;
        match l.d.state {
            State::Registered if l.parties.len() < 2 => "登记各方当事人，至少两方才能受理。".into(),
            State::Registered if self.waiting_hand_over().is_some() => "登记调解委员会的答复。".into(),
            State::Registered if self.waiting_application().is_some() => "答复行政调解申请：受理、不予受理或者移送。".into(),
            State::Registered => "做受理审查，选定途径；不属于调解范围的，告知分流。".into(),
            State::Mediating if self.unasked() => "有受理之后登记的当事人：复核受理条件，告知并征询意愿。".into(),
            State::Mediating if l.d.paused_on.is_some() => "鉴定、评估有结果后恢复调解。".into(),
            State::Mediating if l.d.sessions == 0 => "组织调解并记录；期限见“途径与期限”。".into(),
            State::Mediating => "谈成的登记协议，谈不成的记为调解不成。".into(),
            State::Agreed if self.ready() => "义务都有了结果：登记回访，办结。".into(),
            State::Agreed if self.decision_due() => "登记履行；治安案件还等着处理决定，或者双方书面申请、公安机关认可。".into(),
            State::Agreed => "到期核实履行，登记凭证；按时回访。".into(),
            State::Failed if self.decision_due() => "依法作出处理决定并登记，告知可以起诉；民事部分双方愿意的可以移交人民调解。".into(),
            State::Failed => "告知其他解决途径后办结，或者改走其他途径。".into(),
            State::Protected if l.warnings.is_empty() => "制止、固定证据、协助就医；情节较轻的出具告诫书，送交双方并通知居（村）委会。".into(),
            State::Protected => "查访加害人、受害人，登记查访情况后办结。".into(),
            State::Closed if l.master.is_some() => "已并入他案，请到主案办理。".into(),
            State::Closed if self.next_follow_up().is_some() => "已办结，还有回访要做。".into(),
            State::Closed => "已办结。".into(),
        }
    }
    fn next_follow_up(&self) -> Option<&FollowUp> {
        self.l.follow_ups.iter().map(|(f, _)| f).find(|f| f.done_at.is_none() && !f.dropped)
    }
}

/// What a visit may have found: after a warning there is no agreement to perform.
fn findings(rules: &kernel::rules::RuleSet, today: Date, violence: bool) -> Vec<Choice> {
    let mut all = choices(rules, "follow_up.finding", today);
    all.retain(|c| !violence || matches!(c.code.as_str(), "calm" | "repeat" | "escalated"));
    all
}

/// How a visit may be made: after a warning only in person, by the station or the committee (反家庭暴力法 §17).
fn modes(rules: &kernel::rules::RuleSet, today: Date, violence: bool) -> Vec<Choice> {
    let mut all = choices(rules, "follow_up.mode", today);
    all.retain(|c| !violence || matches!(c.code.as_str(), "visit" | "committee"));
    all
}

/// Renders the page, possibly with a form that failed.
pub(crate) async fn show(ctx: &Ctx, id: DisputeId, form: &Form, again: Again, open: &str) -> Answer {
    let l = load(ctx, id).await?;
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let (failed, status) = (again.any(), again.status());
    let d = &l.d;
    let or_none = |list: &str, c: &Option<String>| c.as_deref().map_or_else(|| "未定".to_string(), |c| rules.name(list, c).to_string());
    let causes: Vec<&str> = d.cause_codes().iter().map(|c| rules.name("cause_tag", c)).collect();
    let slot = ctx.site.fill(crate::DISPUTE_SLOT, &ctx.who, id.0).await?;
    let title = d.number.clone();
    let now = ctx.now().to_zoned_datetime(kernel::clock::zone());
    let content = Detail {
        ctx,
        form,
        again: &again,
        open,
        command_id: ctx.command_id().to_string(),
        level: level(&Levels::at(&rules, &l.station, today), &d.level),
        category: or_none("dispute.category.judicial", &d.judicial),
        police: or_none("dispute.category.police", &d.police),
        causes: causes.join("、"),
        proposed: l.proposed.as_ref().map_or(String::new(), |k| k.line(&rules)),
        levels: choices_at(&rules, "dispute.level", &l.station, today),
        level_facts: choices_at(&rules, "dispute.level_fact", &l.station, today),
        categories: choices_at(&rules, "dispute.category.judicial", &l.station, today),
        police_codes: choices_at(&rules, "dispute.category.police", &l.station, today),
        cause_codes: choices_at(&rules, "cause_tag", &l.station, today),
        tracks: Track::ALL
            .iter()
            .map(|t| TrackForm {
                track: *t,
                questions: choices(&rules, rules::questions(*t), today),
                needs_violation: *t == Track::PublicOrder,
            })
            .collect(),
        acts: choices(&rules, "mediation.eligible_act", today),
        circumstances: choices(&rules, "mediation.eligible_circumstance", today),
        court_questions: choices(&rules, "judicial_confirmation.exclusion", today),
        slot,
        decision_kinds: choices(&rules, "case.decision_kind", today),
        modes: modes(&rules, today, d.domestic_violence),
        findings: findings(&rules, today, d.domestic_violence),
        satisfactions: choices(&rules, "satisfaction", today),
        today,
        now_local: now.strftime("%Y-%m-%dT%H:%M").to_string(),
        mediate: ctx.may(P::DisputeMediate),
        assist: ctx.may(P::DisputeAssist),
        open_right: ctx.may(P::DisputeOpen),
        review: ctx.may(P::DisputeReview),
        l,
    };
    let page = Page::new(title, &content).crumb("纠纷", "/disputes");
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /disputes/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id = web::page::id(&id, "这起纠纷")?;
    show(&ctx, id, &Form::default(), Again::default(), "").await
}
