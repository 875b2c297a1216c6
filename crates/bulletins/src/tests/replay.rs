//! What was known at a moment stays so: random histories through the real actions, every figure asked again for
//! every past moment; and all of them counted a second time from what was appended, without their SQL.

use super::{app, recount::Log};
use incidents::actions as inc;
use kernel::figure::Leaf;
use incidents::model::{LinkKind, NewIntake};
use kernel::{Act, Actor, DisputeId, IncidentId, Purpose, Reader, Role, Timestamp};
use mediation::actions as med;
use mediation::model::{
    Form, Found, NewAgreement, NewDispute, NewParty, NewPromise, NewTalk, NewWarning, Risk, Settlement, Side, TalkKind, Term, Track, Verdict,
};
use mediation::rules::{Answers, questions};
use mediation::store::parts;
use proptest::prelude::*;
use std::collections::BTreeMap;
use testkit::{TestApp, actor, engines};

/// One number of the program over one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    key: String,
    /// Numerator and denominator of a figure.
    whole: Option<(i64, Option<i64>)>,
    /// Parts of a division in which there is something.
    parts: BTreeMap<String, i64>,
}

impl Number {
    pub fn whole(key: &str, numerator: i64, denominator: Option<i64>) -> Number {
        Number { key: key.into(), whole: Some((numerator, denominator)), parts: BTreeMap::new() }
    }

    pub fn parts(key: &str, parts: impl IntoIterator<Item = (String, i64)>) -> Number {
        Number { key: key.into(), whole: None, parts: parts.into_iter().filter(|(_, n)| *n > 0).collect() }
    }
}

/// Days of the periods that are asked for.
const PERIODS: [i32; 2] = [9, 300];

/// One move: what, on which record, and how many hours later.
type Move = (u8, usize, i64);

struct World {
    t: TestApp,
    officer: Actor,
    leader: Actor,
    committee: kernel::Uuid,
    disputes: Vec<DisputeId>,
    incidents: Vec<IncidentId>,
}

/// A promise of both sides, by a day or without an end.
fn promise(text: &str, by: Option<kernel::Date>) -> NewPromise {
    let (term, why) = if by.is_some() { (Term::By, "") } else { (Term::Standing, "持续不作为") };
    NewPromise { both: true, text: text.into(), how: "自行完成".into(), term: Some(term), by, why: why.into(), ..NewPromise::default() }
}

impl World {
    async fn new(engine: &str) -> World {
        let (t, station, _) = app(engine).await;
        let admin = Actor::local("test");
        let mut people = vec![];
        for role in [Role::Officer, Role::StationLeader] {
            let act = t.app.act(&admin, "identity.create_user", Purpose::Administration, t.app.fresh_command());
            let new = identity::model::NewUser {
                station,
                unit: "正阳派出所".into(),
                account: format!("t.{}", role.code()),
                name: "测试".into(),
                role,
                password: "Steppe-wind 7".into(),
                must_change: false,
            };
            let mut a = actor(role, station);
            a.user = identity::actions::create_hashed(&t.app, &act, new, "unusable").await.unwrap();
            people.push(a);
        }
        let leader = people.pop().unwrap();
        let act = t.app.act(&leader, "t.committee", Purpose::Mediation, t.app.fresh_command());
        let committee = med::add_committee(&t.app, &act, "兴华社区人民调解委员会", "何秀兰", "兴华社区").await.unwrap();
        World { t, officer: people.pop().unwrap(), leader, committee, disputes: vec![], incidents: vec![] }
    }

    fn act(&self, who: &Actor, action: &'static str) -> Act {
        self.t.app.act(who, action, Purpose::Mediation, self.t.app.fresh_command())
    }

    async fn read<T>(&self, work: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.leader, "test", Purpose::Statistics);
        self.t.app.db().read(&look, work).await.unwrap()
    }

    /// Does one move; what the rules refuse at this point of the history is no move.
    async fn play(&mut self, (what, which, hours): Move) {
        let app = self.t.app.clone();
        let (o, l) = (self.officer.clone(), self.leader.clone());
        let today = app.today();
        let kinds = 31;
        match what % kinds {
            0 | 1 => {
                let party = |side, name: &str| NewParty { name: name.into(), side: Some(side), ..NewParty::default() };
                let new = NewDispute {
                    title: format!("噪声 {which}"),
                    summary: "夜里拖椅子".into(),
                    source_code: "walk_in".into(),
                    judicial: which.is_multiple_of(2).then(|| "neighbour".into()),
                    parties: vec![party(Side::Applicant, "甲"), party(Side::Respondent, "乙")],
                    ..NewDispute::default()
                };
                self.disputes.push(med::open(&app, &self.act(&o, "t.open"), new).await.unwrap());
            }
            2 | 3 => {
                let new = NewIntake {
                    source_code: "0101".into(),
                    content: format!("来报 {which}：{}", ["楼上噪声", "自行车丢失", "要求帮助"][which % 3]),
                    category: (!which.is_multiple_of(3)).then(|| "dispute".into()),
                    ..NewIntake::default()
                };
                self.incidents.push(inc::take(&app, &self.act(&o, "t.take"), new).await.unwrap().id);
            }
            n @ (4..=16 | 24..) if !self.disputes.is_empty() => {
                let id = self.disputes[which % self.disputes.len()];
                let _ = self.dispute(n, id, which, today).await;
            }
            n @ 17..=23 if !self.incidents.is_empty() => {
                let id = self.incidents[which % self.incidents.len()];
                let other = self.incidents[(which / 7) % self.incidents.len()];
                let a = self.act(if n == 22 { &l } else { &o }, "t.incident");
                let mut desk = a.clone();
                desk.actor = l.clone();
                let orders = self.read(async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await;
                let _ = match n {
                    17 => inc::classify(&app, &desk, id, &incidents::model::Class { category: "dispute".into(), ..Default::default() }, None).await,
                    18 => inc::invalidate(&app, &desk, id, "骚扰").await,
                    19 => inc::dispatch(&app, &desk, id, &[o.user], "请到场").await,
                    20 => match orders.last() {
                        Some(d) => inc::step(&app, &a, id, inc::StepArgs { order: d.id, step: incidents::model::Step::Acknowledge }).await,
                        None => Ok(()),
                    },
                    21 => {
                        let category = ["dispute", "help", "traffic"][which % 3];
                        let code = |list: [&str; 3], n: usize| Some(list[n % 3].to_string()).filter(|c| !c.is_empty());
                        let fb = inc::NewFeedback {
                            last: true,
                            text: "已处理".into(),
                            found_category: Some(category.into()),
                            found_sub_category: code(["neighbour", "", "family"], which / 3).filter(|_| category == "dispute"),
                            place_kind: code(["home", "road", "unknown"], which / 2),
                            cause: code(["", "noise", "parking"], which / 5),
                            means: code(["words", "unknown", ""], which),
                            ..Default::default()
                        };
                        inc::feedback(&app, &a, id, fb).await
                    }
                    22 => {
                        let step = if which.is_multiple_of(2) { incidents::model::Step::Approve } else { incidents::model::Step::Reopen };
                        inc::review(&app, &a, id, step, "再办").await
                    }
                    _ => inc::link(&app, &desk, id, other, LinkKind::Merge).await,
                };
            }
            _ => {}
        }
        self.t.app.clock().advance(hours * 3_600 + 1);
    }

    async fn dispute(&self, n: u8, id: DisputeId, which: usize, today: kernel::Date) -> kernel::Result<()> {
        let app = &self.t.app;
        let a = self.act(&self.officer, "t.dispute");
        let promises = self.read(async |r: &mut Reader| parts::obligations(r, id).await).await;
        let visits = self.read(async |r: &mut Reader| parts::follow_ups(r, id).await).await;
        match n {
            4 => {
                let track = if which >= 900 { Track::PublicOrder } else { Track::Peoples };
                let mut answers = Answers { told: true, willing: true, act: Some("damage".into()), circumstance: Some("trifles".into()), ..Answers::default() };
                for q in app.rules().list(questions(track), today) {
                    answers.exclusions.insert(q.code.clone(), false);
                }
                med::gate(app, &a, id, track, &answers).await.map(|_| ())
            }
            5 => {
                let talk = NewTalk {
                    kind: TalkKind::Session,
                    held_from: a.at,
                    held_until: None,
                    place: "调解室".into(),
                    committee: Some(self.committee),
                    mediator: "何秀兰".into(),
                    host: None,
                    crew: vec![self.officer.user, self.leader.user],
                    recorded: true,
                    recording_no: "执法仪 7".into(),
                    text: "各让一步".into(),
                    files: vec![],
                };
                med::talk(app, &a, id, talk).await
            }
            6 | 7 => {
                let due = |days: i32| today.checked_add(kernel::ToSpan::days(days)).ok();
                let agreement = NewAgreement {
                    form: Form::Written,
                    committee: Some(self.committee),
                    mediator: "何秀兰".into(),
                    facts: "夜里拖椅子".into(),
                    points: String::new(),
                    duties: String::new(),
                    held_at: a.at,
                    place: "调解室".into(),
                    signed_on: today,
                    signing_recorded: true,
                    recording_no: "执法仪 7".into(),
                    electronic: false,
                    recorder: String::new(),
                    no_cost_dispute: false,
                    spot_consent: false,
                    identity_note: "当事人未带证件，已当面核对".into(),
                    names_checked: false,
                    crew: vec![],
                    promises: vec![
                        promise("铺地毯", due(1 + which as i32 % 4)),
                        promise("夜里不拖", if which.is_multiple_of(2) { due(2) } else { None }),
                    ],
                    files: vec![],
                };
                med::agree(app, &a, id, &agreement).await.map(|_| ())
            }
            8 => match promises.get(which / 6 % promises.len().max(1)) {
                Some(p) => med::perform(app, &a, id, p.id, today, "已做到", &[]).await,
                None => Ok(()),
            },
            9 => match promises.get(which / 6 % promises.len().max(1)) {
                Some(p) => med::break_promise(app, &a, id, p.id, "没有做到").await,
                None => med::fail(app, &a, id, "谈不拢").await,
            },
            10 => match visits.iter().find(|v| v.done_at.is_none() && !v.dropped) {
                Some(v) => {
                    let satisfaction = (!which.is_multiple_of(3)).then(|| if which.is_multiple_of(2) { "satisfied" } else { "dissatisfied" }.to_string());
                    let (mode, whom) = if which < 500 { ("visit", "both") } else { ("committee", "victim") };
                    let found = Found { mode: mode.into(), interviewee: "甲".into(), finding: "performed".into(), satisfaction, whom: whom.into(), ..Found::default() };
                    med::follow_up(app, &a, id, v.id, &found).await
                }
                None => Ok(()),
            },
            11 => med::close(app, &a, id, "已告知其他途径").await.map(|_| ()),
            12 => med::reopen(app, &self.act(&self.leader, "t.reopen"), id, "再次发生").await,
            13 if which.is_multiple_of(3) => med::refer(app, &a, id, "人民法院", "口头", false).await,
            13 => {
                let s = Settlement::at_once("已和好", today);
                med::self_settle(app, &a, id, &s).await
            }
            14 => {
                let criminal = which.is_multiple_of(2);
                let case = med::Case {
                    kind: if criminal { mediation::model::Escalation::Criminal } else { mediation::model::Escalation::PublicOrder },
                    case_no: format!("{}〔2026〕{which}号", if criminal { "刑" } else { "治" }),
                    incident: None,
                    day: today,
                    note: "因此事动手".into(),
                };
                med::escalate(app, &a, id, &case).await
            }
            15 if which < 100 => med::pause(app, &a, id, "伤情鉴定").await,
            15 => med::resume(app, &a, id, "鉴定完成").await,
            24 => med::protect(app, &a, id, "已制止").await,
            25 => {
                let parties = self.read(async |r: &mut Reader| parts::parties(r, id).await).await;
                self.identify(parties[0].person_id).await;
                let n = NewWarning {
                    offender: parties[0].id,
                    victim: parties[1].id,
                    facts: "推搡".into(),
                    prohibition: "不得殴打".into(),
                    served_offender_on: today,
                    served_victim_on: today,
                    committee_told: "兴华社区居民委员会".into(),
                    told_on: today,
                };
                med::warn(app, &a, id, &n).await
            }
            26 => {
                let other = self.disputes[(which / 7) % self.disputes.len()];
                med::relate(app, &a, id, other, [Verdict::Same, Verdict::Related][which % 2], "同一户").await
            }
            27 => {
                let r = Risk { what: "扬言报复".into(), threat: which.is_multiple_of(2), weapon: which.is_multiple_of(3), injured: false };
                med::report_risk(app, &a, id, &r).await.map(|_| ())
            }
            28 => med::set_level(app, &a, id, ["blue", "yellow", "orange"][which % 3], &[], "情况变化").await,
            29 => med::merge(app, &a, id, self.disputes[(which / 7) % self.disputes.len()], "同一件").await,
            30 => med::add_follow_ups(app, &a, id).await,
            _ => {
                let d = self.read(async |r: &mut Reader| mediation::store::get(r, id).await).await;
                let e = mediation::store::Edit {
                    title: d.title,
                    summary: d.summary,
                    judicial: Some(["property", "neighbour", "contract"][which % 3].into()),
                    police: None,
                    causes: vec![],
                };
                med::edit(app, &a, id, d.version, e).await
            }
        }
    }

    /// Sex, birth date and number of a person, which a warning bears.
    async fn identify(&self, id: kernel::PersonId) {
        let p = self.read(async |r: &mut Reader| people::store::person_for(r, id, true).await).await;
        if !p.id_masked.is_empty() {
            return;
        }
        let edit = people::model::PersonEdit {
            name: p.name,
            sex: Some(people::model::Sex::Female),
            ethnicity: "蒙古族".into(),
            birth: Some("1949-12-31".parse().unwrap()),
            id_kind: people::model::IdKind::Passport,
            id_number: format!("E{:08}", id.0.as_u128() % 100_000_000),
            phone: String::new(),
            kind: None,
            protected: false,
            domicile: String::new(),
            died_on: None,
        };
        people::actions::edit(&self.t.app, &self.act(&self.officer, "t.identify"), id, p.version, edit).await.unwrap();
    }

    fn periods(&self, as_of: Timestamp) -> [kernel::figure::Period; 2] {
        let start = kernel::clock::day_of(testkit::start());
        let until = |days: i32| start.checked_add(kernel::ToSpan::days(days)).unwrap();
        PERIODS.map(|days| crate::period(&self.t.app.rules(), self.leader.station, start, until(days), as_of).unwrap())
    }

    /// Every number of the program over each period, as known at `as_of`.
    async fn numbers(&self, as_of: Timestamp) -> Vec<Vec<Number>> {
        let rules = self.t.app.rules();
        let periods = self.periods(as_of);
        self.read(async |r: &mut Reader| {
            let mut all = vec![];
            for p in &periods {
                let mut out = vec![];
                for s in crate::specs() {
                    let f = s.figure(r, p).await?;
                    out.push(Number::whole(&f.key, f.numerator, f.denominator));
                }
                let of = |out: &[Number], key: &str| out.iter().find(|n| n.key == key).and_then(|n| n.whole).unwrap().0;
                for b in crate::breakdowns() {
                    let parts = b.parts(r, p).await?;
                    assert_eq!(parts.iter().map(|(_, n)| n).sum::<i64>(), of(&out, b.of), "{} sums to {}", b.key, b.of);
                    out.push(Number::parts(b.key, parts));
                }
                let classes = crate::classes::Classes::at(&rules, "", p.until);
                let mut lines = vec![];
                crate::classes::add(r, &classes, p, None, &mut lines).await?;
                assert_eq!(lines.iter().map(|l| l.numerator).sum::<i64>(), of(&out, "incident.valid"), "six classes sum to what is valid");
                let by_category = crate::breakdowns().into_iter().find(|b| b.key == crate::cross::OF).unwrap().parts(r, p).await?;
                for b in crate::crossings() {
                    let parts = b.parts(r, p).await?;
                    for (category, n) in &by_category {
                        let of: i64 = parts.iter().filter(|(c, _)| c.split('|').next() == Some(category)).map(|(_, n)| n).sum();
                        assert_eq!(of, *n, "{} of {category}", b.key);
                    }
                    let (code, n) = parts.first().cloned().unwrap_or_default();
                    assert_eq!(b.rows(r, p, &code, Leaf::FIRST).await?.len() as i64, n, "{} opens its rows", b.key);
                    out.push(Number::parts(b.key, parts));
                }
                all.push(out);
            }
            Ok(all)
        })
        .await
    }

    /// The same from the log alone.
    async fn counted_from_log(&self, as_of: Timestamp) -> Vec<Vec<Number>> {
        let keys: Vec<(&str, bool)> = crate::specs().iter().map(|s| (s.key, s.ratio)).collect();
        let log = self.read(Log::read).await;
        self.periods(as_of).iter().map(|p| log.count(p, &keys)).collect()
    }
}

/// Plays, asks again, and gives the numbers of the end.
async fn history(engine: &str, moves: &[Move]) -> Vec<Vec<Number>> {
    let mut w = World::new(engine).await;
    let mut known: Vec<(Timestamp, Vec<Vec<Number>>)> = vec![];
    for (i, m) in moves.iter().enumerate() {
        w.play(*m).await;
        if i % 4 == 3 {
            let now = w.t.app.now();
            known.push((now, w.numbers(now).await));
            w.t.app.clock().advance(60);
        }
    }
    w.t.app.clock().advance(86_400 * 20);
    for (as_of, numbers) in known {
        let again = w.numbers(as_of).await;
        assert_eq!(again, numbers, "{engine}, as known on {as_of}");
        for (asked, counted) in again.iter().zip(w.counted_from_log(as_of).await) {
            assert_eq!(asked.len(), counted.len() + 1, "all but what these histories do not reach is counted twice");
            for n in counted {
                assert!(asked.contains(&n), "{engine}, as known on {as_of}: the log says {n:?}, the figures {:?}", asked.iter().find(|x| x.key == n.key));
            }
        }
    }
    w.numbers(w.t.app.now()).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn figures_of_every_past_moment_stay_what_they_were(
        moves in proptest::collection::vec((any::<u8>(), 0_usize..1000, 0_i64..40), 50..90)
    ) {
        let run = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for engine in engines() {
            let _ = run.block_on(history(engine, &moves));
        }
    }
}

/// A history that reaches promises kept, late and broken, a second term, a reopening and an escalation.
#[tokio::test]
async fn a_long_history_told_by_hand_stays_as_well() {
    let mut moves: Vec<Move> = vec![];
    for d in 0..6_usize {
        // Opened, accepted, paused, resumed, talked over, agreed, the first promise kept.
        moves.extend([(0, d, 1), (4, d, 2), (15, d, 2), (15, d + 102, 2), (5, d, 2), (6, d, 2), (8, d, 1)]);
    }
    for d in 0..6_usize {
        // The second kept late, visited; one broken, one escalated, one opened again.
        moves.extend([(8, d + 6, 30), (10, d, 3)]);
        moves.extend([(9, 0, 1), (14, 1, 1)].into_iter().filter(|m| m.1 == d));
        moves.extend([(11, d, 1), (16, d, 1)]);
        moves.extend([(12, 2, 1), (4, 2, 1)].into_iter().filter(|m| m.1 == d));
    }
    for (i, n) in [(0, 2), (7, 3), (14, 2), (1, 2), (2, 2), (4, 2)] {
        moves.push((n, i, 1));
        // Signed at once.
        moves.extend([17, 19, 20, 21, 22].map(|step| (step, i * 2, i64::from(step != 19))));
    }
    moves.extend([(18, 3, 1), (23, 8, 1), (22, 1, 1)]);
    // Escalated to a crime as well; and a public-order case that a committee settled, performed and accepted (程序规定 §186).
    moves.extend([(14, 2, 1), (0, 6, 1), (4, 902, 1), (9, 6, 1), (4, 6, 1), (5, 6, 1), (6, 6, 1), (8, 6, 1), (8, 13, 1), (13, 13, 1), (2, 0, 1), (2, 0, 1)]);
    // Violence that was warned about and visited; a risk, a level, a relation, a visit by hand, and one matter merged into another.
    moves.extend([(0, 7, 1), (24, 7, 1), (25, 7, 1), (10, 7, 1), (10, 511, 1), (11, 7, 1), (27, 0, 1), (28, 1, 1), (26, 8, 1), (30, 3, 1), (0, 8, 1), (29, 8, 1)]);
    for engine in engines() {
        let end = history(engine, &moves).await;
        let counts = |key: &str| end[1].iter().any(|n| n.key == key && n.whole.is_some_and(|w| w.0 > 0));
        for s in crate::specs().iter().filter(|s| s.key != super::recount::ELSEWHERE) {
            let key = s.key;
            assert!(counts(key), "the history reaches {key}: {end:#?}");
        }
    }
}
