//! Disputes of the last weeks: opened from their incidents, asked, mediated, settled, visited.

use crate::dice::Dice;
use crate::life::{Story, at};
use crate::staff::Crew;
use crate::town::{Home, Town};
use kernel::{Act, Actor, App, Date, DisputeId, IncidentId, PersonId, Purpose, Reader, Result, Role, Timestamp, UserId, Uuid, clock};
use mediation::actions as act;
use mediation::model::{
    Answer, Form, Found, Kept, NewAgreement, NewDecision, NewDispute, NewParty, NewPromise, NewTalk, NewWarning, Settlement, Side, TalkKind, Term, Track,
};
use mediation::rules::{Answers, questions};
use mediation::store::parts;
use std::time::Duration;

/// What the mediation of one station needs.
pub struct Room<'a> {
    pub app: &'a App,
    pub town: &'a Town,
    pub officer: &'a Actor,
    pub now: Timestamp,
    pub committees: Vec<Uuid>,
    /// Another officer of the station: nobody mediates alone (程序规定 §52).
    pub second: UserId,
}

/// An officer of the crew beside `officer`.
pub fn second(crew: &Crew, officer: &Actor) -> Result<UserId> {
    let other = crew.all(Role::Officer).into_iter().find(|o| o.user != officer.user);
    other.map_or_else(|| crew.of(Role::DutyLeader).map(|l| l.user), |o| Ok(o.user))
}

/// Registers the committees of the town.
pub async fn committees(app: &App, t: &Town, crew: &Crew) -> Result<Vec<Uuid>> {
    let leader = crew.of(Role::DutyLeader)?;
    let mut out = vec![];
    for c in &t.committee {
        let a = app.act(leader, "mediation.committee", Purpose::Mediation, app.fresh_command());
        out.push(act::add_committee(app, &a, &c.name, &c.mediators.join("、"), &c.room).await?);
    }
    Ok(out)
}

/// Words of a promise and how it is kept. The manager of the property is no party and binds nobody: both sides ask it in writing.
pub fn worded(by: &str, text: &str) -> (String, String) {
    if by == "property" {
        return (format!("共同督促物业：{text}"), "共同书面提出，由社区跟进".into());
    }
    let paid = ["赔偿", "支付", "退还", "偿还", "给付"].iter().any(|w| text.contains(w));
    (text.to_string(), if paid { "在调解室当面交付，写收条" } else { "自行做到，由承办人和网格员查看" }.into())
}

/// A promise by its day, at once, or without an end.
pub fn promise(party: Option<Uuid>, (text, how): (String, String), term: Option<Term>, by: Option<Date>) -> NewPromise {
    let term = term.unwrap_or(Term::Standing);
    let why = if term == Term::Standing { "需要一直遵守，没有终期" } else { "" };
    NewPromise { party, both: party.is_none(), text, how, term: Some(term), by, why: why.into() }
}

fn later(t: Timestamp, hours: u64) -> Timestamp {
    t.checked_add(Duration::from_secs(hours * 3_600)).unwrap_or(t)
}

/// The number a station's recorder gives to what it records from `t` on.
fn recording_no(t: Timestamp) -> String {
    format!("ZFJLY-{}", t.to_zoned_datetime(clock::zone()).strftime("%Y%m%d-%H%M"))
}

/// Ten in the morning of a day.
fn morning(day: Date) -> Timestamp {
    later(clock::start_of(day), 10)
}

impl Room<'_> {
    pub fn act(&self, who: &Actor, action: &'static str, when: Timestamp) -> Act {
        let mut a = at(self.app, who, action, when);
        a.purpose = Purpose::Mediation;
        a
    }

    async fn person_at(&self, address: kernel::AddressId) -> Result<Option<PersonId>> {
        let look = self.app.look(self.officer, "people.at", Purpose::Mediation);
        let list = self.app.db().read(&look, async |r: &mut Reader| people::store::by_address(r, address).await).await?;
        Ok(list.iter().find(|p| !p.minor).map(|p| p.id))
    }

    /// Another grown-up of the household, by the register.
    async fn other_at(&self, address: kernel::AddressId, first: Option<PersonId>) -> Result<Option<PersonId>> {
        let look = self.app.look(self.officer, "people.at", Purpose::Mediation);
        let list = self.app.db().read(&look, async |r: &mut Reader| people::store::by_address(r, address).await).await?;
        Ok(list.iter().find(|p| !p.minor && Some(p.id) != first && !p.id_masked.is_empty()).map(|p| p.id))
    }

    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Reader) -> Result<T>,
    {
        let look = self.app.look(self.officer, "mediation.see", Purpose::Mediation);
        self.app.db().read(&look, work).await
    }

    /// Opens the dispute of an incident and takes it as far as the calendar allows.
    pub async fn settle(&self, story: &Story, incident: IncidentId, home: &Home, from: Timestamp, dice: &mut Dice) -> Result<()> {
        let Some(track) = Track::from_code(&story.track) else {
            return if story.track == "domestic_violence" { self.protect(story, incident, home, from).await } else { Ok(()) };
        };
        let t = later(from, 2);
        if t > self.now {
            return Ok(());
        }
        let id = self.open(story, incident, home, t, false).await?;
        if matches!(story.outcome.as_str(), "referred" | "to_12345") {
            let a = self.act(self.officer, "mediation.end", later(t, 1).min(self.now));
            let to = if story.outcome == "referred" { "人民法院" } else { "12345 转主管部门" };
            return act::refer(self.app, &a, id, to, "口头", false).await;
        }
        let t = later(t, 20);
        if t > self.now {
            return Ok(());
        }
        let committee = if track == Track::Peoples && !self.committees.is_empty() { Some(*dice.pick(&self.committees)) } else { None };
        if let Some(c) = committee {
            self.hand_over(id, c, "可以申请人民调解，自愿、不收费，可以拒绝，也可以起诉。", t).await?;
        }
        self.accept(id, track, t).await?;
        let day = 1 + dice.below(3) as u64;
        let held = later(t, day * 24);
        if held > self.now {
            return Ok(());
        }
        let mediator = self.mediator(committee).await?;
        self.session(id, held, (committee, &mediator), "双方到场，分别陈述，经劝说各让一步。").await?;
        if story.outcome == "failed_then_penalty" || dice.chance(6) {
            let a = self.act(self.officer, "mediation.end", later(held, 1).min(self.now));
            act::fail(self.app, &a, id, "双方对责任分担不能达成一致。").await?;
            let closed = later(held, 24).min(self.now);
            if track == Track::PublicOrder {
                self.decide(id, closed).await?;
            }
            let a = self.act(self.officer, "mediation.end", closed);
            return act::close(self.app, &a, id, "已告知可以向人民法院起诉，或者申请行政处理。").await.map(|_| ());
        }
        if dice.chance(8) {
            return Ok(());
        }
        let promises = self.promises(id, story, clock::day_of(held)).await?;
        if promises.is_empty() {
            return self.settled_themselves(id, later(held, 1).min(self.now)).await;
        }
        self.agree(id, later(held, 1).min(self.now), (committee, &mediator), story.titles.first().map_or("", String::as_str), promises).await?;
        self.after(id, story.follow_ups.first().map_or("回访：情况平稳。", String::as_str), dice).await
    }

    async fn open(&self, story: &Story, incident: IncidentId, home: &Home, t: Timestamp, violence: bool) -> Result<DisputeId> {
        let first = self.person_at(home.address).await?;
        let second = match home.above {
            _ if violence => self.other_at(home.address, first).await?,
            Some(a) => self.person_at(a).await?,
            None => None,
        };
        let party = |person: Option<PersonId>, side: Side, name: &str| NewParty {
            person,
            name: if person.is_some() { String::new() } else { name.into() },
            side: Some(side),
            ..NewParty::default()
        };
        let new = NewDispute {
            incident: Some(incident),
            source_code: "incident".into(),
            judicial: Some(story.judicial.clone()).filter(|c| !c.is_empty()),
            police: Some(story.police.clone()).filter(|c| !c.is_empty()),
            causes: story.cause_tags.clone(),
            domestic_violence: violence,
            parties: vec![party(first, Side::Applicant, "斯琴"), party(second, Side::Respondent, "赵永强")],
            ..NewDispute::default()
        };
        let id = act::open(self.app, &self.act(self.officer, "mediation.open", t), new).await?;
        let fact = match story.level.as_str() {
            "orange" => "threat",
            "red" => "many_people",
            _ => return Ok(id),
        };
        let a = self.act(self.officer, "mediation.level", t);
        act::set_level(self.app, &a, id, &story.level, &[fact.to_string()], "现场核实").await?;
        if story.level == "red" {
            // 一案一策: no session without it.
            let a = self.act(self.officer, "mediation.plan", t);
            act::plan(self.app, &a, id, "分别约谈双方代表，联系主管部门到场；先稳住人，再谈数目。").await?;
        }
        Ok(id)
    }

    /// 公调对接: handed over, and accepted by a mediator of the committee.
    pub async fn hand_over(&self, id: DisputeId, committee: Uuid, told: &str, t: Timestamp) -> Result<()> {
        let day = clock::day_of(t);
        act::hand_over(self.app, &self.act(self.officer, "mediation.hand_over", t), id, Some(committee), told, day).await?;
        let waiting = self.read(async |r: &mut Reader| mediation::store::tracks::hand_overs(r, id).await).await?;
        let Some(h) = waiting.iter().find(|h| h.answer.is_none()) else { return Ok(()) };
        let reply = act::Reply { answer: Answer::Accepted, on: day, by: self.mediator(Some(committee)).await?, why: String::new() };
        act::answer(self.app, &self.act(self.officer, "mediation.answer", t), id, h.id, &reply).await
    }

    /// The violation is answered for after the mediation failed (程序规定 §185).
    async fn decide(&self, id: DisputeId, t: Timestamp) -> Result<()> {
        let (short, day) = (self.town.station.name.trim_end_matches("派出所").to_string(), clock::day_of(t));
        let d = self.read(async |r: &mut Reader| mediation::store::get(r, id).await).await?;
        let digits: String = d.number.chars().rev().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        let n: String = digits.chars().rev().collect();
        let number = format!("{short}公行罚决字〔{}〕{n}号", day.year());
        let decision = NewDecision { kind: "penalty".into(), number, decided_on: day, note: "罚款二百元，已告知可以就损害赔偿起诉。".into() };
        act::decide(self.app, &self.act(self.officer, "mediation.end", t), id, &decision).await
    }

    /// Settled between the parties and done at once.
    pub async fn settled_themselves(&self, id: DisputeId, t: Timestamp) -> Result<()> {
        let s = Settlement::at_once("双方当场谈妥，互不追究，已当面做到。", clock::day_of(t));
        act::self_settle(self.app, &self.act(self.officer, "mediation.end", t), id, &s).await
    }

    /// All questions answered with no.
    pub async fn accept(&self, id: DisputeId, track: Track, t: Timestamp) -> Result<()> {
        let mut a = Answers { told: true, willing: true, ..Answers::default() };
        for q in self.app.rules().list(questions(track), clock::day_of(t)) {
            a.exclusions.insert(q.code.clone(), false);
        }
        if track == Track::PublicOrder {
            a.act = Some("damage".into());
            a.circumstance = Some("trifles".into());
        }
        act::gate(self.app, &self.act(self.officer, "mediation.gate", t), id, track, &a).await.map(|_| ())
    }

    /// A mediator's name of the committee, or the officer's.
    pub async fn mediator(&self, committee: Option<Uuid>) -> Result<String> {
        let station = self.officer.station;
        let list = self.read(async |r: &mut Reader| parts::committees(r, station).await).await?;
        let of = committee.and_then(|c| list.into_iter().find(|x| x.id == c));
        Ok(of.and_then(|c| c.mediator_names().first().map(|m| m.to_string())).unwrap_or_else(|| self.officer.name.clone()))
    }

    pub async fn session(&self, id: DisputeId, t: Timestamp, host: (Option<Uuid>, &str), text: &str) -> Result<()> {
        let peoples = host.0.is_some();
        let talk = NewTalk {
            kind: TalkKind::Session,
            held_from: t,
            held_until: Some(later(t, 1)),
            place: if peoples { "社区调解室" } else { "派出所调解室" }.into(),
            committee: host.0,
            mediator: if peoples { host.1.into() } else { String::new() },
            host: (!peoples).then_some(self.officer.user),
            crew: vec![self.officer.user, self.second],
            recorded: true,
            recording_no: recording_no(t),
            text: text.into(),
            files: vec![],
        };
        act::talk(self.app, &self.act(self.officer, "mediation.talk", t), id, talk).await
    }

    pub async fn promises(&self, id: DisputeId, story: &Story, signed: Date) -> Result<Vec<NewPromise>> {
        let parties = self.read(async |r: &mut Reader| parts::parties(r, id).await).await?;
        let dated = self.read(async |r: &mut Reader| Ok(mediation::store::get(r, id).await?.track)).await? == Some(Track::PublicOrder);
        let of = |by: &str| {
            let side = if by == "applicant" { Side::Applicant } else { Side::Respondent };
            if by == "both" { None } else { parties.iter().find(|p| p.side == side).map(|p| p.id) }
        };
        Ok(story
            .terms
            .iter()
            .map(|t| {
                let (text, how) = worded(&t.by, &t.text);
                // A public-order agreement is performed (程序规定 §184, 185): what has no day of its own is done at once.
                let by = (t.due_days > 0).then(|| self.app.rules().calendar().add_days(signed, t.due_days).date);
                let at_once = dated.then_some(Term::AtOnce);
                promise(of(&t.by), (text, how), by.map_or(at_once, |_| Some(Term::By)), by)
            })
            .collect())
    }

    pub async fn agree(&self, id: DisputeId, t: Timestamp, host: (Option<Uuid>, &str), facts: &str, promises: Vec<NewPromise>) -> Result<()> {
        let d = self.read(async |r: &mut Reader| mediation::store::get(r, id).await).await?;
        let a = NewAgreement {
            form: Form::Written,
            committee: host.0,
            mediator: host.1.into(),
            facts: if d.summary.is_empty() { facts.into() } else { d.summary },
            points: String::new(),
            duties: String::new(),
            held_at: t,
            place: if host.0.is_some() { "社区调解室" } else { "派出所调解室" }.into(),
            signed_on: clock::day_of(t),
            signing_recorded: true,
            recording_no: recording_no(t),
            electronic: false,
            recorder: self.officer.name.clone(),
            no_cost_dispute: false,
            spot_consent: false,
            identity_note: "当事人未带证件，已当面核对".into(),
            names_checked: true,
            crew: vec![],
            promises,
            files: vec![],
        };
        act::agree(self.app, &self.act(self.officer, "mediation.agree", t), id, &a).await.map(|_| ())
    }

    /// The paper of the newest agreement.
    pub async fn print(&self, id: DisputeId, t: Timestamp) -> Result<()> {
        let newest = self.read(async |r: &mut Reader| Ok(parts::agreements(r, id).await?.first().map(|a| a.id))).await?;
        match newest {
            Some(a) => act::paper(self.app, &self.act(self.officer, "mediation.paper", t), id, a).await,
            None => Ok(()),
        }
    }

    /// Promises whose day has come, visits whose day has come, and the end.
    async fn after(&self, id: DisputeId, words: &str, dice: &mut Dice) -> Result<()> {
        let promises = self.read(async |r: &mut Reader| parts::obligations(r, id).await).await?;
        let signed = self.read(async |r: &mut Reader| Ok(parts::agreements(r, id).await?.first().map(|a| a.at))).await?.unwrap_or(self.now);
        let mut open = 0;
        for o in promises.iter().filter(|o| o.state == Kept::Pending) {
            let Some(due) = o.due else { continue };
            // What was done at once was done after the signing.
            let t = if o.term == Term::AtOnce { signed } else { morning(due).max(signed) };
            if t > self.now || dice.chance(4) {
                open += 1;
                continue;
            }
            let a = self.act(self.officer, "mediation.promise", t);
            act::perform(self.app, &a, id, o.id, due, "上门查看，已做到。", &[]).await?;
        }
        let mut visited = 0;
        for f in self.read(async |r: &mut Reader| parts::follow_ups(r, id).await).await? {
            let t = morning(f.due);
            if t > self.now || dice.chance(5) {
                continue;
            }
            let found = Found {
                mode: f.mode.clone(),
                interviewee: "申请人".into(),
                finding: if open == 0 { "performed" } else { "partly" }.into(),
                satisfaction: Some(if dice.chance(85) { "satisfied" } else { "basically" }.into()),
                note: words.into(),
                ..Found::default()
            };
            act::follow_up(self.app, &self.act(self.officer, "mediation.follow_up", t), id, f.id, &found).await?;
            visited += 1;
        }
        if open == 0 && visited > 0 {
            let a = self.act(self.officer, "mediation.end", self.now);
            act::close(self.app, &a, id, "").await?;
        }
        Ok(())
    }

    async fn protect(&self, story: &Story, incident: IncidentId, home: &Home, from: Timestamp) -> Result<()> {
        let t = later(from, 1);
        if t > self.now {
            return Ok(());
        }
        let id = self.open(story, incident, home, t, true).await?;
        let t = later(t, 4).min(self.now);
        let parties = self.read(async |r: &mut Reader| parts::parties(r, id).await).await?;
        let (Some(victim), Some(offender)) = (parties.first(), parties.get(1)) else { return Ok(()) };
        // Who is not in the register is identified first; until then the warning waits.
        let known = self.read(async |r: &mut Reader| people::store::person(r, offender.person_id).await).await?;
        if known.contact {
            return Ok(());
        }
        let today = clock::day_of(t);
        let w = NewWarning {
            offender: offender.id,
            victim: victim.id,
            facts: "酒后动手推搡家人，未造成轻微伤以上后果，已当场制止并固定证据。".into(),
            prohibition: "禁止实施家庭暴力，禁止以打骂、恐吓等方式报复。".into(),
            served_offender_on: today,
            served_victim_on: today,
            committee_told: self.town.community.first().map_or_else(|| "社区居民委员会".into(), |c| c.name.clone()),
            told_on: today,
        };
        act::warn(self.app, &self.act(self.officer, "mediation.warn", t), id, &w).await?;
        Ok(())
    }
}
