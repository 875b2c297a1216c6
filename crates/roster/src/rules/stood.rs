//! 岗位空岗: minutes for which a post was planned, somebody stood there, nobody did. Moments are seconds since the epoch
//! inside, minutes outside; a minute that has not passed does not count.

use crate::model::{Duty, PostDuty, Presence, Stand};
use kernel::{Timestamp, UserId, Uuid};

/// From a second until another, the first included.
pub type Stretch = (i64, i64);

/// Somebody at a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    pub user: UserId,
    pub day: kernel::Date,
    pub shift: Uuid,
    pub from: i64,
    pub until: i64,
    /// False where nobody told the end: it counts until the end of the duty.
    pub sure: bool,
}

/// Who really stood where: stands as they were signed, and for a sign-in without a stand (noted by a leader, or from before
/// stands were kept) the duty from the sign-in on, a note the whole duty.
pub fn stood(stands: &[Stand], presence: &[Presence], duties: &[Duty], now: Timestamp) -> Vec<Stood> {
    let now = now.as_second();
    let of = |s: &Stand| {
        let open = s.due_at.as_second().min(now);
        Stood { user: s.user_id, day: s.day, shift: s.shift_id, from: s.began_at.as_second(), until: s.ended_at.map_or(open, |e| e.as_second()), sure: s.ended_at.is_some() || now < s.due_at.as_second() }
    };
    let mut out: Vec<Stood> = stands.iter().map(of).collect();
    for p in presence {
        if stands.iter().any(|s| (s.user_id, s.day, s.shift_id) == (p.user_id, p.day, p.shift_id)) {
            continue;
        }
        let Some(d) = duties.iter().find(|d| (d.day, d.shift_id) == (p.day, p.shift_id)) else { continue };
        let (starts, ends) = (d.starts_at.as_second(), d.ends_at.as_second());
        let from = if p.note.is_empty() { p.at.as_second().clamp(starts, ends) } else { starts };
        out.push(Stood { user: p.user_id, day: p.day, shift: p.shift_id, from, until: ends.min(now), sure: false });
    }
    out.retain(|s| s.until > s.from);
    out
}

/// A post over a span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub planned: Vec<Stretch>,
    pub actual: Vec<Stretch>,
    pub empty: Vec<Stretch>,
}

/// Seconds of stretches.
pub fn seconds(list: &[Stretch]) -> i64 {
    list.iter().map(|s| s.1 - s.0).sum()
}

/// `08:00–12:00、20:00–24:00`; of one day.
pub fn clocks(list: &[Stretch]) -> String {
    let at = |s: i64, end: bool| {
        let clock = kernel::clock::show(kernel::clock::from_micros(s * 1_000_000)).split_off(11);
        if end && clock == "00:00" { "24:00".to_string() } else { clock }
    };
    list.iter().map(|s| format!("{}–{}", at(s.0, false), at(s.1, true))).collect::<Vec<_>>().join("、")
}

/// In order, touching and overlapping ones made one.
pub fn joined(mut list: Vec<Stretch>) -> Vec<Stretch> {
    list.retain(|s| s.1 > s.0);
    list.sort_unstable();
    let mut out: Vec<Stretch> = vec![];
    for s in list {
        match out.last_mut() {
            Some(last) if s.0 <= last.1 => last.1 = last.1.max(s.1),
            _ => out.push(s),
        }
    }
    out
}

/// What of joined stretches is left without those of another.
fn less(list: &[Stretch], gone: &[Stretch]) -> Vec<Stretch> {
    let mut left = list.to_vec();
    for g in gone {
        left = left.iter().flat_map(|s| [(s.0, s.1.min(g.0)), (s.0.max(g.1), s.1)]).filter(|s| s.1 > s.0).collect();
    }
    left
}

/// A post between two moments. Each minute goes by the roster that held when it came: a version that was published or
/// superseded later does not reach back.
pub fn keep(post: Uuid, duties: &[PostDuty], there: &[Stretch], from: Timestamp, until: Timestamp) -> Kept {
    let (from, until) = (from.as_second(), until.as_second());
    let held = |d: &PostDuty| {
        let since = d.starts_at.as_second().max(d.since.as_second()).max(from);
        (since, d.ends_at.as_second().min(d.until.map_or(i64::MAX, |u| u.as_second())).min(until))
    };
    let planned = joined(duties.iter().filter(|d| d.post_id == post).map(held).collect());
    let empty = less(&planned, &joined(there.to_vec()));
    Kept { actual: less(&planned, &empty), planned, empty }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DayType;

    fn at(h: f64) -> Timestamp {
        kernel::clock::from_micros((h * 3_600_000_000.0) as i64)
    }
    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }
    fn duty(from: f64, until: f64, since: f64, superseded: Option<f64>) -> PostDuty {
        PostDuty { post_id: Uuid::from_u128(1), starts_at: at(from), ends_at: at(until), since: at(since), until: superseded.map(at) }
    }
    fn stretch(a: f64, b: f64) -> Stretch {
        ((a * 3_600.0) as i64, (b * 3_600.0) as i64)
    }

    #[test]
    fn planned_is_actual_and_empty_over_midnight_and_by_the_roster_that_held() {
        let post = Uuid::from_u128(1);
        // A night from 20 to 32, relieved without a gap, away from 26 to 26.5, nobody for the last hour.
        let night = [duty(20.0, 32.0, 0.0, None)];
        let there = [stretch(19.5, 24.0), stretch(24.0, 26.0), stretch(26.5, 31.0)];
        let k = keep(post, &night, &there, at(0.0), at(48.0));
        assert_eq!((seconds(&k.planned), seconds(&k.actual), seconds(&k.empty)), (12 * 3_600, 37_800, 5_400));
        assert_eq!(k.empty, vec![stretch(26.0, 26.5), stretch(31.0, 32.0)]);
        // So far only; another post; nobody at all.
        assert_eq!(seconds(&keep(post, &night, &there, at(0.0), at(25.0)).empty), 0);
        assert_eq!(keep(Uuid::from_u128(2), &night, &there, at(0.0), at(48.0)), Kept::default());
        assert_eq!(seconds(&keep(post, &night, &[], at(0.0), at(48.0)).empty), 12 * 3_600);
        // Published at 22, superseded at 30: what came before and after was planned by nobody.
        let k = keep(post, &[duty(20.0, 32.0, 22.0, Some(30.0))], &[], at(0.0), at(48.0));
        assert_eq!(k.planned, vec![stretch(22.0, 30.0)]);
    }

    #[test]
    fn who_forgot_to_leave_counts_until_the_end_of_the_duty_and_is_not_sure() {
        let day = "1970-01-01".parse().unwrap();
        let stand = |n: u128, from: f64, until: Option<f64>| Stand {
            id: Uuid::nil(),
            user_id: user(n),
            day,
            shift_id: Uuid::from_u128(7),
            post_id: Uuid::from_u128(1),
            began_at: at(from),
            due_at: at(16.0),
            ended_at: until.map(at),
            ended_why: String::new(),
            set_at: None,
            set_by: None,
        };
        let duty = Duty {
            plan_id: Uuid::nil(),
            user_id: user(1),
            day,
            shift_id: Uuid::from_u128(7),
            post: "巡逻".into(),
            shift: "白班".into(),
            code: "白".into(),
            starts_at: at(8.0),
            ends_at: at(16.0),
            night: false,
            day_type: DayType::Work,
        };
        let there = |n: u128, from: f64, note: &str| Presence { user_id: user(n), day, shift_id: Uuid::from_u128(7), at: at(from), by_user: user(9), note: note.into() };
        let all = [stand(1, 8.0, Some(12.0)), stand(1, 12.5, Some(16.2)), stand(2, 9.0, None)];
        let got = stood(&all, &[there(1, 8.0, ""), there(2, 9.0, ""), there(3, 18.0, "临时顶班"), there(4, 9.5, "")], std::slice::from_ref(&duty), at(20.0));
        let lines: Vec<(u128, f64, f64, bool)> = got.iter().map(|s| (s.user.0.as_u128(), s.from as f64 / 3_600.0, s.until as f64 / 3_600.0, s.sure)).collect();
        assert_eq!(lines, vec![(1, 8.0, 12.0, true), (1, 12.5, 16.2, true), (2, 9.0, 16.0, false), (3, 8.0, 16.0, false), (4, 9.5, 16.0, false)]);
        // While the duty runs an open stand is no fault.
        let now = stood(&all[2..], &[], &[duty], at(10.0));
        assert_eq!((now[0].until, now[0].sure), (36_000, true));
    }
}
