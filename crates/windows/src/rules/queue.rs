//! 叫号: who is next, what may be done with a ticket, and how long somebody who waits has to expect.

use crate::model::{Stand, Ticket, TicketState, minute_of};
use kernel::{Refusal, Timestamp, UserId, Uuid};
use staffing::Rng;
use staffing::judge::{Arrival, End, Server, judge};
use staffing::load::Service as Law;

/// Minutes before its time from which a booking goes before those who came without.
pub const EARLY: i64 = 5;

/// Where a ticket stands in line, smaller first: the frail, then bookings whose time has come, then everybody by the
/// moment they were put in line.
pub fn rank(t: &Ticket, now: Timestamp) -> (u8, Timestamp, i64) {
    if t.frail {
        return (0, t.queued_at, t.n);
    }
    match t.booked_at {
        Some(at) if at.as_second() - EARLY * 60 <= now.as_second() => (1, at, t.n),
        _ => (2, t.queued_at, t.n),
    }
}

/// Waiting tickets in the order of calling.
pub fn line(mut all: Vec<Ticket>, now: Timestamp) -> Vec<Ticket> {
    all.retain(|t| t.state == TicketState::Waiting);
    all.sort_by_key(|t| rank(t, now));
    all
}

/// Whether the person acting may call at this window: they stand there, and nobody is at hand.
///
/// # Errors
/// Not checked in at the window; a ticket at the window that is not finished.
pub fn may_call(stand: Option<&Stand>, me: UserId, at_window: Option<&Ticket>) -> Result<(), Refusal> {
    if stand.is_none_or(|s| s.user_id != me) {
        return Err(Refusal::new("windows.not_here", "您还没有在这个窗口上岗。", "请先按“在这个窗口上岗”。"));
    }
    match at_window {
        None => Ok(()),
        Some(t) => Err(Refusal::new("windows.busy", format!("{} 还在这个窗口（{}）。", t.label(), t.state.label()), "请先办结或者过号，再叫下一个。")),
    }
}

/// What a ticket becomes by a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// 再叫一次
    Recall,
    /// 开始办理
    Begin,
    /// 办结
    Finish,
    /// 过号
    Miss,
    /// 重新排队
    Requeue,
    /// 已离开
    Leave,
}

impl Step {
    pub fn from_code(code: &str) -> Option<Step> {
        Some(match code {
            "recall" => Step::Recall,
            "begin" => Step::Begin,
            "finish" => Step::Finish,
            "miss" => Step::Miss,
            "requeue" => Step::Requeue,
            "leave" => Step::Leave,
            _ => return None,
        })
    }
    pub fn code(self) -> &'static str {
        match self {
            Step::Recall => "recall",
            Step::Begin => "begin",
            Step::Finish => "finish",
            Step::Miss => "miss",
            Step::Requeue => "requeue",
            Step::Leave => "leave",
        }
    }
}

/// The state after a step.
///
/// # Errors
/// A step that its state does not have; 过号 before it was called often enough.
pub fn step(t: &Ticket, step: Step, calls: i64) -> Result<TicketState, Refusal> {
    use TicketState as S;
    match (t.state, step) {
        (S::Called, Step::Recall) => Ok(S::Called),
        (S::Called, Step::Begin) => Ok(S::Serving),
        (S::Called | S::Serving, Step::Finish) => Ok(S::Done),
        (S::Called, Step::Miss) if t.calls >= calls => Ok(S::Missed),
        (S::Called, Step::Miss) => Err(Refusal::new("windows.calls", format!("{} 才叫了 {} 次，叫满 {calls} 次不到再过号。", t.label(), t.calls), "请再叫一次。")),
        (S::Missed, Step::Requeue) => Ok(S::Waiting),
        (S::Waiting | S::Missed, Step::Leave) => Ok(S::Left),
        _ => Err(Refusal::new("windows.ticket_state", format!("{} 现在是“{}”，不能这样办。", t.label(), t.state.label()), "请看本页现在的状态。")),
    }
}

/// How long services take: as measured when there are enough of them, else as the station says with a usual spread.
#[derive(Clone, Debug, PartialEq)]
pub struct Durations {
    pub law: Law,
    /// Services measured; 0 when the station's own figure is used.
    pub measured: usize,
}

/// Measured services that are enough to be used.
pub const ENOUGH: usize = 20;

/// Durations of a service from what was measured lately (minutes) or the usual minutes.
pub fn durations(measured: &[f64], usual: i64) -> Durations {
    let clean: Vec<f64> = measured.iter().copied().filter(|m| (0.05..=240.0).contains(m)).collect();
    if clean.len() >= ENOUGH {
        return Durations { measured: clean.len(), law: Law::Measured(clean) };
    }
    Durations { measured: 0, law: Law::LogNormal { mean: usual.max(1) as f64, cv: 0.6 } }
}

/// Who is before somebody that waits.
pub struct Before<'a> {
    /// Durations of those in line before, in order.
    pub line: Vec<&'a Durations>,
    /// Those at the windows: durations, and minutes since they began.
    pub at_hand: Vec<(&'a Durations, f64)>,
    /// Minutes from now until each window with somebody at it closes by plan.
    pub windows: Vec<f64>,
}

/// A wait as eight of ten would have it, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub low: i64,
    pub middle: i64,
    pub high: i64,
    /// Of ten, how many would still wait when the windows close.
    pub not_today: i64,
}

/// Runs tried for one answer.
const RUNS: u64 = 200;

/// The wait behind `before`, by running the day's rest many times through the judge of `staffing`; `None` while no window
/// has anybody at it, because then nobody can say.
pub fn expect(before: &Before<'_>, seed: u64) -> Option<Wait> {
    if before.windows.is_empty() {
        return None;
    }
    let servers: Vec<Server> = before.windows.iter().map(|left| Server(vec![(0.0, left.max(0.5))])).collect();
    let mut waits = vec![];
    let mut turned = 0;
    for run in 0..RUNS {
        let mut rng = Rng::fork(seed, run);
        let mut arrivals: Vec<Arrival> = vec![];
        let mut push = |service: f64| arrivals.push(Arrival { at: 0.0, service: service.clamp(0.05, 480.0), patience: f64::INFINITY, priority: 0 });
        for (d, elapsed) in &before.at_hand {
            // What is left of a service that has lasted so long: drawn until it is longer, some times at most.
            let left = (0..20).map(|_| d.law.draw(&mut rng) - elapsed).find(|l| *l > 0.0).unwrap_or(1.0);
            push(left);
        }
        for d in &before.line {
            push(d.law.draw(&mut rng));
        }
        push(0.05);
        let verdict = judge(&arrivals, &servers).ok()?;
        match verdict.ends.last() {
            Some(End::Served { wait }) => waits.push(*wait),
            _ => turned += 1,
        }
    }
    waits.sort_by(f64::total_cmp);
    let at = |p: f64| waits.get(((waits.len() as f64 - 1.0) * p).round() as usize).copied().unwrap_or(0.0);
    Some(Wait { low: at(0.1).floor() as i64, middle: at(0.5).round() as i64, high: at(0.9).ceil() as i64, not_today: (turned * 10 + RUNS / 2) as i64 / RUNS as i64 })
}

impl Wait {
    /// As people read it.
    pub fn words(&self) -> String {
        if self.not_today >= 8 {
            return "关门前恐怕轮不到".into();
        }
        let span = if self.high <= 1 { "马上就到".to_string() } else if self.low == self.high { format!("约 {} 分钟", self.high) } else { format!("{} 至 {} 分钟", self.low, self.high) };
        if self.not_today >= 2 { format!("{span}，也可能关门前轮不到") } else { span }
    }
}

/// Minutes until a window closes by plan, seen from now; a window that is open without plan counts a quarter hour.
pub fn until_close(spans: &[crate::model::Span], now: Timestamp) -> f64 {
    let minute = minute_of(now);
    spans.iter().find(|s| s.from <= minute && minute < s.until).map_or(15.0, |s| (s.until - minute) as f64)
}

/// The person's stand among open ones.
pub fn stand_at(stands: &[Stand], window: Uuid) -> Option<&Stand> {
    stands.iter().find(|s| s.window_id == window && s.ended_at.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::StationId;

    fn at(s: &str) -> Timestamp {
        s.parse().unwrap()
    }
    fn ticket(n: i64, drawn: &str) -> Ticket {
        Ticket {
            station_id: StationId::NIL,
            id: Uuid::from_u128(n as u128),
            day: "2026-05-08".parse().unwrap(),
            letter: "A".into(),
            n,
            service_id: Uuid::nil(),
            booking_id: None,
            booked_at: None,
            frail: false,
            state: TicketState::Waiting,
            drawn_at: at(drawn),
            queued_at: at(drawn),
            first_called_at: None,
            called_at: None,
            calls: 0,
            window_id: None,
            begun_at: None,
            ended_at: None,
            ended_why: String::new(),
            by_user: None,
            version: 1,
        }
    }

    #[test]
    fn the_frail_then_bookings_whose_time_has_come_then_the_rest() {
        let walk_in = ticket(1, "2026-05-08T01:00:00Z");
        let booked = Ticket { booked_at: Some(at("2026-05-08T01:30:00Z")), ..ticket(2, "2026-05-08T01:10:00Z") };
        let frail = Ticket { frail: true, ..ticket(3, "2026-05-08T01:20:00Z") };
        let order = |now: &str| line(vec![walk_in.clone(), booked.clone(), frail.clone()], at(now)).iter().map(|t| t.n).collect::<Vec<_>>();
        assert_eq!(order("2026-05-08T01:21:00Z"), [3, 1, 2]);
        assert_eq!(order("2026-05-08T01:25:00Z"), [3, 2, 1]);
        assert_eq!(Ticket { n: 7, ..walk_in }.label(), "A007");
    }

    #[test]
    fn steps_by_state() {
        use TicketState as S;
        let t = |state, calls| Ticket { state, calls, ..ticket(1, "2026-05-08T01:00:00Z") };
        let cases: &[(S, i64, Step, Result<S, &str>)] = &[
            (S::Called, 1, Step::Recall, Ok(S::Called)),
            (S::Called, 1, Step::Begin, Ok(S::Serving)),
            (S::Called, 2, Step::Miss, Err("windows.calls")),
            (S::Called, 3, Step::Miss, Ok(S::Missed)),
            (S::Missed, 3, Step::Requeue, Ok(S::Waiting)),
            (S::Serving, 1, Step::Finish, Ok(S::Done)),
            (S::Waiting, 0, Step::Leave, Ok(S::Left)),
            (S::Waiting, 0, Step::Begin, Err("windows.ticket_state")),
            (S::Done, 1, Step::Recall, Err("windows.ticket_state")),
            (S::Serving, 1, Step::Miss, Err("windows.ticket_state")),
        ];
        for (state, calls, s, want) in cases {
            let got = step(&t(*state, *calls), *s, 3);
            match want {
                Ok(w) => assert_eq!(got.as_ref().ok(), Some(w), "{state:?} {s:?}"),
                Err(k) => assert_eq!(got.unwrap_err().key, *k, "{state:?} {s:?}"),
            }
        }
        for s in [Step::Recall, Step::Begin, Step::Finish, Step::Miss, Step::Requeue, Step::Leave] {
            assert_eq!(Step::from_code(s.code()), Some(s));
        }
    }

    #[test]
    fn calling_needs_a_stand_and_a_free_window() {
        let me = UserId(Uuid::from_u128(4));
        let s = Stand { id: Uuid::nil(), window_id: Uuid::nil(), user_id: me, began_at: at("2026-05-08T01:00:00Z"), ended_at: None, ended_why: String::new() };
        assert!(may_call(Some(&s), me, None).is_ok());
        assert_eq!(may_call(None, me, None).unwrap_err().key, "windows.not_here");
        assert_eq!(may_call(Some(&s), UserId(Uuid::from_u128(5)), None).unwrap_err().key, "windows.not_here");
        assert_eq!(may_call(Some(&s), me, Some(&ticket(1, "2026-05-08T01:00:00Z"))).unwrap_err().key, "windows.busy");
    }

    #[test]
    fn the_wait_is_said_as_a_span_and_not_where_nobody_knows() {
        let d = durations(&[], 10);
        let of = |line: usize, hand: usize, windows: Vec<f64>| expect(&Before { line: vec![&d; line], at_hand: vec![(&d, 3.0); hand], windows }, 7);
        assert_eq!(of(3, 0, vec![]), None);
        let none = of(0, 0, vec![120.0]).unwrap();
        assert_eq!((none.low, none.high, none.words().as_str()), (0, 0, "马上就到"));
        let three = of(3, 0, vec![240.0]).unwrap();
        // Three services of ten minutes, one window: about thirty.
        assert!((24..=33).contains(&three.middle) && three.low < three.middle && three.middle < three.high, "{three:?}");
        let two = of(3, 0, vec![240.0, 240.0]).unwrap();
        assert!(two.middle < three.middle, "{two:?}");
        let late = of(9, 1, vec![20.0]).unwrap();
        assert!(late.not_today >= 9 && late.words().contains("轮不到"), "{late:?}");
        // The same question has the same answer.
        assert_eq!(of(3, 0, vec![240.0]), Some(three));
        // Measured when there are enough.
        assert_eq!(durations(&[4.0; 19], 10).measured, 0);
        let fast = durations(&[4.0; 20], 10);
        assert_eq!(fast.measured, 20);
        let w = expect(&Before { line: vec![&fast; 3], at_hand: vec![], windows: vec![240.0] }, 1).unwrap();
        assert_eq!((w.low, w.high), (12, 12));
    }
}
