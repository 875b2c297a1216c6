//! Everything the papers of one dispute need, read once.

use crate::model::{Application, Paper, PartyMore, Print, Recording, Reminder, Signature, Signer, Telling, Volume};
use crate::rules::Facts;
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Act, AgreementId, App, DisputeId, Error, Permission as P, Purpose, Reader, Result, UserId, Uuid, clock};
use mediation::model::{
    AdminAnswer, Agreement, Committee, Decision, Dispute, FollowUp, Gate, Kept, LogLine, Obligation, Outcome, Party, Referral, Settlement, Step, Talk,
    TalkKind, Track, TrackRun, Warning,
};
use mediation::store::{parts, tracks};
use people::model::{PersonView, Secret};
use serde_json::Value;
use std::sync::Arc;

/// A party with what the papers print of it.
#[derive(Clone, Debug)]
pub struct CaseParty {
    pub p: Party,
    pub v: PersonView,
    pub more: PartyMore,
    /// Full when the numbers were opened for a paper, else masked.
    pub id_number: String,
    pub phone: String,
    pub identity: Vec<attachments::Kept>,
    pub powers: Vec<attachments::Kept>,
}

impl CaseParty {
    /// Full years of age on a day, where the birth date is known.
    pub fn age_on(&self, on: kernel::Date) -> Option<i64> {
        self.v.birth.map(|b| people::rules::age_on(b, self.v.died_on.map_or(on, |died| died.min(on))))
    }
}

/// A talk with its people and files.
#[derive(Clone, Debug)]
pub struct CaseTalk {
    pub t: Talk,
    pub host: String,
    pub crew: Vec<(String, &'static str)>,
    pub files: Vec<attachments::Kept>,
}

/// A dispute as its papers see it.
pub struct Case {
    pub rules: Arc<RuleSet>,
    pub today: kernel::Date,
    pub d: Dispute,
    pub station: places::model::Station,
    pub place: String,
    pub parties: Vec<CaseParty>,
    pub gates: Vec<Gate>,
    pub talks: Vec<CaseTalk>,
    /// Newest first.
    pub agreements: Vec<Agreement>,
    /// 在场人员 of the agreements, with their roles of that day.
    pub agreement_crew: Vec<(AgreementId, String, &'static str)>,
    /// The data of each written agreement, as the mediation domain composes it.
    pub agreement_data: Vec<(AgreementId, Value)>,
    pub promises: Vec<(Obligation, Vec<attachments::Kept>)>,
    pub follow_ups: Vec<FollowUp>,
    pub warnings: Vec<Warning>,
    pub log: Vec<LogLine>,
    pub committees: Vec<Committee>,
    pub names: Vec<(UserId, String)>,
    pub volume: Option<Volume>,
    pub application: Option<Application>,
    /// The last one written down, of the mediation domain.
    pub settlement: Option<Settlement>,
    pub referral: Option<Referral>,
    /// Requests for administrative mediation.
    pub requests: Vec<mediation::model::Application>,
    /// The tracks in their order.
    pub runs: Vec<TrackRun>,
    pub decisions: Vec<Decision>,
    pub recordings: Vec<Recording>,
    pub signatures: Vec<Signature>,
    pub prints: Vec<Print>,
    pub reminders: Vec<Reminder>,
    pub tellings: Vec<Telling>,
    pub evidence: Vec<attachments::Kept>,
    pub court: Vec<attachments::Kept>,
    /// Scans of signed papers: paper, record, files.
    pub scans: Vec<(Paper, Uuid, Vec<attachments::Kept>)>,
}

/// The kind of attachment that a signed paper's scan is.
pub fn scan_kind(paper: Paper) -> String {
    format!("dossier.signed.{}", paper.code())
}

impl Case {
    /// Reads the dispute inside the caller's reach. With `open` the document numbers and phones of the parties are
    /// opened, one recorded look each, for a paper that must bear them.
    pub async fn load(app: &App, act: &Act, id: DisputeId, open: bool) -> Result<Case> {
        let look = app.look(&act.actor, "dossier.see", Purpose::Mediation).about("dispute", id.0);
        let rules = app.rules();
        let mut case = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let d = mediation::store::get(r, id).await?;
                mediation::actions::visible(r, &d)?;
                read(r, rules, d).await
            })
            .await?;
        if open {
            case.open_numbers(app, act).await?;
            for a in case.agreements.clone() {
                let (_, data) = mediation::actions::agreement_data(app, act, id, a.id).await?;
                case.agreement_data.push((a.id, data));
            }
        }
        Ok(case)
    }

    /// For the page of a party without an account, whose code stands for the right to look.
    pub async fn for_party(app: &App, look: &Act, id: DisputeId) -> Result<Case> {
        let rules = app.rules();
        app.db()
            .read(look, async |r: &mut Reader| {
                let d = mediation::store::get(r, id).await?;
                read(r, rules, d).await
            })
            .await
    }

    async fn open_numbers(&mut self, app: &App, act: &Act) -> Result<()> {
        if !act.actor.may(P::PeopleReveal) {
            return Ok(());
        }
        for p in &mut self.parties {
            for (secret, masked) in [(Secret::IdNumber, &mut p.id_number), (Secret::Phone, &mut p.phone)] {
                if masked.is_empty() {
                    continue;
                }
                match people::actions::reveal_for_matter(app, act, p.v.id, secret, Purpose::Mediation).await {
                    Ok(number) => *masked = number,
                    // Hidden by rule from this role: the mask stays.
                    Err(Error::Forbidden(_)) => {}
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(())
    }

    pub fn name(&self, user: UserId) -> String {
        self.names.iter().find(|(id, _)| *id == user).map_or(String::new(), |(_, n)| n.clone())
    }

    /// The newest agreement that stands.
    pub fn agreement(&self) -> Option<&Agreement> {
        self.agreements.first()
    }

    pub fn party(&self, id: Uuid) -> Option<&CaseParty> {
        self.parties.iter().find(|p| p.p.id == id)
    }

    /// Whose seal stands on the papers: the committee of people's mediation, else the station.
    pub fn organ(&self) -> String {
        let by_agreement = self.agreement().and_then(|a| a.committee_id);
        let by_talk = self.talks.iter().rev().find_map(|t| t.t.committee_id);
        by_agreement
            .or(by_talk)
            .filter(|_| self.d.track == Some(mediation::model::Track::Peoples))
            .and_then(|c| self.committees.iter().find(|x| x.id == c))
            .map_or_else(|| self.station.name.clone(), |c| c.name.clone())
    }

    /// The seal of a track: the committee's for people's mediation, the station's for the others.
    pub fn organ_of(&self, track: Option<Track>) -> String {
        let hosts = self.runs.iter().rev().find(|r| Some(r.track) == track).and_then(|r| r.committee_id);
        match track {
            Some(Track::Peoples) => hosts.and_then(|c| self.committees.iter().find(|x| x.id == c)).map_or_else(|| self.organ(), |c| c.name.clone()),
            _ => self.station.name.clone(),
        }
    }

    /// The tracks taken, each once, in their order.
    pub fn tracks(&self) -> Vec<Track> {
        let mut out: Vec<Track> = vec![];
        for r in &self.runs {
            if !out.contains(&r.track) {
                out.push(r.track);
            }
        }
        out
    }

    /// Whose papers the matter as a whole has: the track's where there is one, the station's where several followed one another.
    pub fn whole_track(&self) -> Option<Track> {
        if self.tracks().len() > 1 { None } else { self.d.track }
    }

    /// The gate whose rights notice is this record: the dispute's own is of the last track, an earlier track's is its gate.
    pub fn told(&self, record: Uuid) -> Option<&Gate> {
        if record == self.d.id.0 {
            return self.gates.iter().rev().find(|g| g.passed);
        }
        self.gates.iter().find(|g| g.id == record)
    }

    /// Rights notices: one for every track that was taken.
    fn notices(&self) -> Vec<Uuid> {
        let Some(last) = self.gates.iter().rev().find(|g| g.passed) else { return vec![] };
        let mut out: Vec<Uuid> = vec![];
        for track in self.tracks().into_iter().filter(|t| *t != last.track) {
            out.extend(self.gates.iter().rev().find(|g| g.passed && g.track == track).map(|g| g.id));
        }
        out.push(self.d.id.0);
        out
    }

    /// The committee that hosts, when one does.
    pub fn committee(&self) -> Option<Uuid> {
        self.agreement().and_then(|a| a.committee_id).or_else(|| self.talks.iter().rev().find_map(|t| t.t.committee_id))
    }

    /// Who mediates: of the agreement, else of the last session.
    pub fn mediator(&self) -> String {
        if let Some(a) = self.agreement() {
            return a.mediator.clone();
        }
        let last = self.talks.iter().rev().find(|t| t.t.kind == TalkKind::Session);
        last.map_or_else(String::new, |t| if t.t.mediator.is_empty() { t.host.clone() } else { t.t.mediator.clone() })
    }

    /// The number that the papers bear: the volume's, else the agreement's, else the dispute's.
    pub fn number(&self) -> String {
        let agreement = self.agreement().map(|a| a.number.clone());
        self.volume.as_ref().map(|v| v.number.clone()).or(agreement).unwrap_or_else(|| self.d.number.clone())
    }

    pub fn category(&self) -> String {
        match (&self.d.judicial, &self.d.police) {
            (Some(c), _) => self.rules.name("dispute.category.judicial", c).to_string(),
            (None, Some(c)) => self.rules.name("dispute.category.police", c).to_string(),
            _ => String::new(),
        }
    }

    pub fn closed_on(&self) -> Option<kernel::Date> {
        self.d.closed_at.map(clock::day_of)
    }

    /// 甲方与乙方, for titles.
    pub fn sides(&self) -> String {
        let of = |side| self.parties.iter().find(|p| p.p.side == side).map_or("", |p| p.v.name.as_str());
        format!("{}与{}", of(mediation::model::Side::Applicant), of(mediation::model::Side::Respondent))
    }

    /// The last deed of a step in the log.
    pub fn deed(&self, step: Step) -> Option<&LogLine> {
        self.log.iter().rev().find(|l| l.step == step)
    }

    /// Requests for administrative mediation that were refused or handed over.
    pub fn declined(&self) -> impl Iterator<Item = &mediation::model::Application> {
        self.requests.iter().filter(|a| matches!(a.answer, Some(AdminAnswer::Refused | AdminAnswer::HandedOver)))
    }

    /// What a notice of refusal can be printed of: gates that excluded a track, requests that were declined.
    pub fn refusals(&self) -> Vec<Uuid> {
        self.gates.iter().filter(|g| !g.passed).map(|g| g.id).chain(self.declined().map(|a| a.id)).collect()
    }

    /// PDF uploads in the order in which the whole binds them.
    pub fn pdfs(&self) -> Vec<&attachments::Kept> {
        let of_parties = self.parties.iter().flat_map(|p| p.identity.iter().chain(&p.powers));
        let of_talks = self.talks.iter().flat_map(|t| &t.files);
        let of_promises = self.promises.iter().flat_map(|(_, files)| files);
        let scans = self.scans.iter().flat_map(|s| &s.2);
        scans.chain(of_parties).chain(&self.evidence).chain(of_talks).chain(of_promises).chain(&self.court).filter(|f| !f.is_image()).collect()
    }

    pub fn facts(&self) -> Facts {
        let a = self.agreement();
        let kept = self.promises.iter().filter(|(o, _)| matches!(o.state, Kept::Done | Kept::Late)).count();
        Facts {
            track: self.d.track.or(a.map(|a| a.track)),
            form: a.map(|a| a.form),
            outcome: self.d.outcome,
            closed: self.d.closed_at.is_some() && self.d.state == mediation::model::State::Closed,
            violence: self.d.domestic_violence,
            told: self.gates.iter().any(|g| g.passed),
            accepted: self.d.accepted_on.is_some(),
            applied: self.application.is_some(),
            parties: self.parties.len(),
            identified: self.parties.iter().filter(|p| !p.id_number.is_empty() || !p.identity.is_empty()).count(),
            agents: self.parties.iter().filter(|p| !p.p.agent_name.is_empty()).count(),
            powers: self.parties.iter().filter(|p| !p.p.agent_name.is_empty() && p.more.power.is_some()).count(),
            minors: self.minors().count(),
            guardians_told: self.minors().filter(|p| p.more.guardian_told_on.is_some() && !p.more.guardian_told_how.trim().is_empty()).count(),
            inquiries: self.talks.iter().filter(|t| t.t.kind == TalkKind::Inquiry).count(),
            evidence: self.evidence.len() + self.talks.iter().map(|t| t.files.len()).sum::<usize>(),
            sessions: self.talks.iter().filter(|t| t.t.kind == TalkKind::Session).count(),
            agreement: a.is_some(),
            performed: kept,
            visited: self.follow_ups.iter().filter(|f| f.done_at.is_some()).count(),
            confirmation: a.and_then(|a| a.confirmation),
            court: self.court.len(),
            note: self.volume.as_ref().is_some_and(|v| !v.note.trim().is_empty()),
            warnings: self.warnings.len(),
            settled: self.settlement.as_ref().is_some_and(|s| s.requested_on.is_some()),
            accepted_settlement: self.settlement.as_ref().is_some_and(|s| s.accepted_on.is_some()),
            refusals: self.refusals().len(),
            declined: self.declined().next().is_some(),
            filed: self.volume.is_some(),
        }
    }

    /// Parties under age whose guardian is to be told. A birth date outweighs what was ticked; what counts is the day of the
    /// agreement, else of the closing.
    fn minors(&self) -> impl Iterator<Item = &CaseParty> {
        let on = self.agreement().map(|a| a.signed_on).or(self.closed_on()).unwrap_or(self.today);
        self.parties
            .iter()
            .filter(move |p| p.age_on(on).map_or(p.p.minor, |a| a < mediation::rules::ADULT))
            .filter(|p| !p.more.guardian_exempt && (p.p.guardian_exempt.trim().is_empty() || !p.p.guardian.trim().is_empty()))
    }

    /// Who may sign on the screen, in the order of the papers: the party it is for, as whom, and what it is called.
    pub fn signers(&self) -> Vec<(Uuid, Signer, String)> {
        let mut out: Vec<(Uuid, Signer, String)> = vec![];
        for p in &self.parties {
            for (signer, name) in [(Signer::Party, &p.v.name), (Signer::Guardian, &p.p.guardian), (Signer::Agent, &p.p.agent_name)] {
                if crate::rules::signer(signer, &p.p, &p.more).is_ok() {
                    let role = if signer == Signer::Party { "" } else { signer.label() };
                    out.push((p.p.id, signer, format!("{}{role} {name}", p.p.side.label())));
                }
            }
        }
        out.extend(super::papers::interpreters(self).into_iter().map(|(name, language, party)| (party, Signer::Interpreter, format!("翻译（{language}） {name}"))));
        out
    }

    /// Every paper that can be printed now, with its record, in the dossier's order.
    pub fn papers(&self) -> Vec<(Paper, Uuid)> {
        let d = self.d.id.0;
        let mut out = vec![];
        if self.application.is_some() {
            out.push((Paper::Application, d));
        }
        out.push((Paper::Registration, d));
        out.extend(self.warnings.iter().map(|w| (Paper::Warning, w.id)));
        out.extend(self.notices().into_iter().map(|g| (Paper::Rights, g)));
        out.push((Paper::Identity, d));
        out.extend(self.parties.iter().filter(|p| p.more.power.is_some()).map(|p| (Paper::Power, p.p.id)));
        out.extend(self.talks.iter().filter(|t| t.t.kind == TalkKind::Inquiry).map(|t| (Paper::Inquiry, t.t.id)));
        if self.facts().evidence > 0 {
            out.push((Paper::Evidence, d));
        }
        out.extend(self.talks.iter().filter(|t| t.t.kind == TalkKind::Session).map(|t| (Paper::Session, t.t.id)));
        out.extend(self.agreements.iter().rev().map(|a| (agreement_paper(a), a.id.0)));
        if self.facts().settled {
            out.push((Paper::SelfSettlement, d));
        }
        if self.facts().accepted_settlement {
            out.push((Paper::Acceptance, d));
        }
        out.extend(self.refusals().into_iter().map(|id| (Paper::Refusal, id)));
        if self.d.outcome == Some(Outcome::Referred) {
            out.push((Paper::Referral, d));
        }
        if self.facts().performed > 0 {
            out.push((Paper::Performance, d));
        }
        out.extend(self.follow_ups.iter().filter(|f| f.done_at.is_some()).map(|f| (Paper::FollowUp, f.id.0)));
        if let Some(a) = self.agreement().filter(|a| a.confirmation.is_some()) {
            out.push((Paper::Confirmation, a.id.0));
        }
        if self.facts().closed {
            out.push((Paper::Closing, d));
        }
        if self.facts().note {
            out.push((Paper::Note, d));
        }
        out
    }
}

/// The paper of an agreement by its form.
pub fn agreement_paper(a: &Agreement) -> Paper {
    match a.form {
        mediation::model::Form::Written => Paper::Agreement,
        mediation::model::Form::Oral => Paper::Oral,
        mediation::model::Form::OnSpot => Paper::OnSpot,
    }
}

async fn read(r: &mut Reader, rules: Arc<RuleSet>, d: Dispute) -> Result<Case> {
    let id = d.id;
    let today = clock::day_of(r.now());
    let more = store::parties(r, id).await?;
    let mut parties = vec![];
    let handles = mediation::actions::handles(r, &d).await?;
    for p in parts::parties(r, id).await? {
        let v = people::store::person_for(r, p.person_id, handles).await?;
        parties.push(CaseParty {
            more: more.iter().find(|m| m.party_id == p.id).cloned().unwrap_or_else(|| PartyMore::empty(p.id)),
            id_number: v.id_masked.clone(),
            phone: v.phone_masked.clone(),
            identity: attachments::of_record(r, "dossier.identity", p.id).await?,
            powers: attachments::of_record(r, "dossier.power", p.id).await?,
            p,
            v,
        });
    }
    let talks = parts::talks(r, id).await?;
    let crews = parts::crews(r, id).await?;
    let follow_ups = parts::follow_ups(r, id).await?;
    let warnings = parts::warnings(r, id).await?;
    let log = parts::log_of(r, id).await?;
    let agreements = parts::agreements(r, id).await?;
    let spot = parts::agreement_crews(r, id).await?;
    let mut users: Vec<UserId> = vec![d.owner_id, d.opened_by];
    users.extend(talks.iter().filter_map(|t| t.host_user));
    users.extend(crews.iter().map(|c| c.1));
    users.extend(spot.iter().map(|c| c.1));
    users.extend(follow_ups.iter().filter_map(|f| f.by_user));
    users.extend(warnings.iter().map(|w| w.by_user));
    users.extend(log.iter().map(|l| l.by_user));
    users.extend(agreements.iter().map(|a| a.by_user));
    let names = identity::store::names(r, &users).await?;
    let name = |u: UserId| names.iter().find(|(x, _)| *x == u).map_or(String::new(), |(_, n)| n.clone());
    let mut case_talks = vec![];
    for t in talks {
        let mut crew = vec![];
        for (_, user) in crews.iter().filter(|(talk, user)| *talk == t.id && Some(*user) != t.host_user) {
            let role = identity::store::find_user(r, *user).await?.map_or("", |u| u.role.label());
            crew.push((name(*user), role));
        }
        let files = attachments::of_record(r, "talk", t.id).await?;
        case_talks.push(CaseTalk { host: t.host_user.map_or(String::new(), name), crew, files, t });
    }
    let mut promises = vec![];
    for o in parts::obligations(r, id).await? {
        let files = attachments::of_record(r, "obligation", o.id.0).await?;
        promises.push((o, files));
    }
    let place = match d.address_id {
        Some(a) => places::store::address_line(r, a).await?,
        None => d.place_text.clone(),
    };
    let mut case = Case {
        today,
        station: places::store::station(r, d.station_id).await?,
        place,
        parties,
        gates: parts::gates(r, id).await?,
        talks: case_talks,
        agreements,
        agreement_crew: spot.into_iter().map(|(a, user, role)| (a, name(user), role.label())).collect(),
        agreement_data: vec![],
        promises,
        follow_ups,
        warnings,
        log,
        committees: parts::committees(r, d.station_id).await?,
        names,
        volume: store::volume(r, id).await?,
        application: store::application(r, id).await?,
        settlement: tracks::settlements(r, id).await?.pop(),
        referral: tracks::referrals(r, id).await?.pop(),
        requests: tracks::applications(r, id).await?,
        runs: tracks::runs(r, id).await?,
        decisions: tracks::decisions(r, id).await?,
        recordings: store::recordings(r, id).await?,
        signatures: store::signatures(r, id).await?,
        prints: store::prints(r, id).await?,
        reminders: store::reminders(r, id).await?,
        tellings: store::tellings(r, id).await?,
        evidence: attachments::of_record(r, "dossier.evidence", id.0).await?,
        court: attachments::of_record(r, "dossier.court", id.0).await?,
        scans: vec![],
        rules,
        d,
    };
    for (paper, record) in case.papers() {
        let files = attachments::of_record(r, &scan_kind(paper), record).await?;
        if !files.is_empty() {
            case.scans.push((paper, record, files));
        }
    }
    Ok(case)
}
