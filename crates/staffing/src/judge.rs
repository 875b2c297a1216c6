//! The judge: one day of a service, event by event, with the arrivals that are given to it.
//!
//! Servers come and go by their own hours; at the end of a stretch the person at hand is served to the end and nobody new
//! is called. Who waits is called by priority, then by arrival; a waiting person leaves when their patience ends; who
//! still waits when the last server has gone is turned away. Nothing is drawn here: arrivals bring their durations.

use crate::{BadInput, within};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

/// Arrivals of one day at most.
pub const MAX_ARRIVALS: usize = 100_000;

/// Somebody who comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Minute of coming.
    pub at: f64,
    /// Minutes of service they need.
    pub service: f64,
    /// Minutes they wait at most; infinite for who stays.
    pub patience: f64,
    /// Smaller is called first; nobody at hand is interrupted.
    pub priority: u8,
}

/// A server's hours: stretches `[from, until)` in order, not touching; a break or an escort is the gap between two.
#[derive(Clone, Debug, PartialEq)]
pub struct Server(pub Vec<(f64, f64)>);

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Served {
        wait: f64,
    },
    /// Left while waiting.
    Left {
        wait: f64,
    },
    /// Still waiting when the last server went.
    TurnedAway {
        wait: f64,
    },
}

impl End {
    /// Served, and the service began within so many minutes.
    pub fn within(&self, minutes: f64) -> bool {
        matches!(self, End::Served { wait } if *wait <= minutes)
    }

    /// Minutes of waiting, whatever the end.
    pub fn wait(&self) -> f64 {
        match self {
            End::Served { wait } | End::Left { wait } | End::TurnedAway { wait } => *wait,
        }
    }
}

/// A day judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// By the order of the arrivals given.
    pub ends: Vec<End>,
    /// Minutes of work by server, after the end of a stretch included.
    pub busy: Vec<f64>,
    /// Minutes of work after the end of a stretch, by server.
    pub over: Vec<f64>,
}

/// The fewest equal shifts behind a number of servers by slot: server `k` is there whenever more than `k` are needed.
pub fn servers(needed: &[u16], slot: f64) -> Vec<Server> {
    let most = needed.iter().copied().max().unwrap_or(0);
    let stretches = |k: u16| {
        let mut all: Vec<(f64, f64)> = vec![];
        for (i, _) in needed.iter().enumerate().filter(|(_, n)| **n > k) {
            let (from, until) = (i as f64 * slot, (i + 1) as f64 * slot);
            match all.last_mut() {
                Some(last) if last.1 == from => last.1 = until,
                _ => all.push((from, until)),
            }
        }
        Server(all)
    };
    (0..most).map(stretches).collect()
}

/// Minutes of `[from, until)` in which no server is there.
pub fn empty_minutes(servers: &[Server], from: f64, until: f64) -> f64 {
    let mut all: Vec<(f64, f64)> = servers.iter().flat_map(|s| s.0.iter().copied()).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut reached, mut empty) = (from, 0.0);
    for (start, end) in all {
        if start > reached {
            empty += start.min(until) - reached.min(until);
        }
        reached = reached.max(end);
    }
    empty + (until - reached).max(0.0)
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    /// A stretch of a server begins.
    Begin(usize),
    /// A server has finished the person at hand.
    Done(usize),
    Arrive(usize),
    Leave(usize),
}

#[derive(PartialEq)]
struct Event {
    at: f64,
    /// At one moment servers become free before people come, and people leave last.
    order: u8,
    seq: usize,
    what: What,
}

impl Eq for Event {}
impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.total_cmp(&other.at).then(self.order.cmp(&other.order)).then(self.seq.cmp(&other.seq))
    }
}

struct Run<'a> {
    servers: &'a [Server],
    arrivals: &'a [Arrival],
    events: BinaryHeap<Reverse<Event>>,
    /// Waiting, by priority and order of coming.
    line: BTreeSet<(u8, usize)>,
    /// There and free; the lowest number works first.
    free: BTreeSet<usize>,
    /// With somebody at hand.
    busy: Vec<bool>,
    verdict: Verdict,
    ended: Vec<Option<End>>,
    seq: usize,
}

impl Run<'_> {
    fn put(&mut self, at: f64, what: What) {
        let order = match what {
            What::Done(_) => 0,
            What::Begin(_) => 1,
            What::Arrive(_) => 2,
            What::Leave(_) => 3,
        };
        self.seq += 1;
        self.events.push(Reverse(Event { at, order, seq: self.seq, what }));
    }

    /// End of the stretch that holds this moment.
    fn there(&self, server: usize, now: f64) -> Option<f64> {
        self.servers[server].0.iter().find(|(from, until)| *from <= now && now < *until).map(|s| s.1)
    }

    fn call(&mut self, now: f64) {
        while let Some(&(priority, who)) = self.line.first() {
            // A server whose stretch has ended in the meantime goes.
            let Some(&server) = self.free.first() else { return };
            let Some(until) = self.there(server, now) else {
                self.free.remove(&server);
                continue;
            };
            self.free.remove(&server);
            self.busy[server] = true;
            self.line.remove(&(priority, who));
            let a = &self.arrivals[who];
            self.ended[who] = Some(End::Served { wait: now - a.at });
            self.verdict.busy[server] += a.service;
            self.verdict.over[server] += (now + a.service - until).max(0.0);
            self.put(now + a.service, What::Done(server));
        }
    }
}

/// Judges one day. `arrivals` are in order of time.
///
/// # Errors
/// Arrivals out of order, too many, or with impossible durations; stretches that overlap.
pub fn judge(arrivals: &[Arrival], servers: &[Server]) -> Result<Verdict, BadInput> {
    check(arrivals, servers)?;
    let n = servers.len();
    let mut run = Run {
        servers,
        arrivals,
        events: BinaryHeap::new(),
        line: BTreeSet::new(),
        free: BTreeSet::new(),
        busy: vec![false; n],
        verdict: Verdict { ends: vec![], busy: vec![0.0; n], over: vec![0.0; n] },
        ended: vec![None; arrivals.len()],
        seq: 0,
    };
    let mut closes = 0.0_f64;
    for (s, server) in servers.iter().enumerate() {
        for stretch in &server.0 {
            run.put(stretch.0, What::Begin(s));
            closes = closes.max(stretch.1);
        }
    }
    for (i, a) in arrivals.iter().enumerate() {
        run.put(a.at, What::Arrive(i));
    }
    while let Some(Reverse(event)) = run.events.pop() {
        let now = event.at;
        match event.what {
            What::Begin(s) => {
                if !run.busy[s] {
                    run.free.insert(s);
                }
            }
            What::Done(s) => {
                run.busy[s] = false;
                if run.there(s, now).is_some() {
                    run.free.insert(s);
                }
            }
            What::Arrive(i) => {
                run.line.insert((arrivals[i].priority, i));
                if now + arrivals[i].patience <= closes {
                    run.put(now + arrivals[i].patience, What::Leave(i));
                }
            }
            What::Leave(i) => {
                if run.line.remove(&(arrivals[i].priority, i)) {
                    run.ended[i] = Some(End::Left { wait: arrivals[i].patience });
                }
            }
        }
        run.call(now);
    }
    let turned = |a: &Arrival| End::TurnedAway { wait: (closes - a.at).max(0.0) };
    run.verdict.ends = run.ended.iter().zip(arrivals).map(|(end, a)| end.unwrap_or_else(|| turned(a))).collect();
    Ok(run.verdict)
}

fn check(arrivals: &[Arrival], servers: &[Server]) -> Result<(), BadInput> {
    within("arrivals of one day", arrivals.len() as f64, 0.0, MAX_ARRIVALS as f64)?;
    within("servers", servers.len() as f64, 0.0, f64::from(crate::queue::MAX_SERVERS))?;
    for (i, a) in arrivals.iter().enumerate() {
        within("minute of an arrival", a.at, 0.0, 1e7)?;
        within("minutes of service", a.service, 0.0, 1e5)?;
        if a.patience.is_nan() || a.patience < 0.0 {
            return Err(BadInput(format!("patience of arrival {i}: {} is below 0", a.patience)));
        }
        if i > 0 && a.at < arrivals[i - 1].at {
            return Err(BadInput(format!("arrival {i} comes before the one in front of it")));
        }
    }
    for (s, server) in servers.iter().enumerate() {
        let mut reached = f64::NEG_INFINITY;
        for &(from, until) in &server.0 {
            within("begin of a stretch", from, 0.0, 1e7)?;
            within("end of a stretch", until, from, 1e7)?;
            if from <= reached {
                return Err(BadInput(format!("server {s}: two stretches overlap or touch")));
            }
            reached = until;
        }
    }
    Ok(())
}
