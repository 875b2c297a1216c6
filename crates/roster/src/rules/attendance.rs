//! 到岗情况: who was planned and who was really there, duty by duty and person by person.

use crate::model::{Duty, Presence};
use kernel::{Timestamp, UserId};

/// How a duty that has begun was attended.
#[derive(Clone, Debug, PartialEq)]
pub enum Attended {
    /// The planned person was there; since when, and a leader's note or "".
    There(Timestamp, String),
    /// The planned person did not sign in, and nobody else is noted for the duty.
    Nobody,
    /// The planned person did not sign in; others are noted.
    Others,
}

/// One duty with who was there.
#[derive(Clone, Debug)]
pub struct Kept {
    pub duty: Duty,
    pub attended: Attended,
    /// People noted at this duty who were not planned for it.
    pub others: Vec<Presence>,
}

/// One person over the span: duties that have begun, those signed in, and duties of others that they stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub user: UserId,
    pub planned: usize,
    pub there: usize,
    pub for_others: usize,
}

/// Planned against actual for every duty that has begun, and the sums of each person, most absences first.
pub fn attendance(duties: &[Duty], presence: &[Presence], now: Timestamp) -> (Vec<Kept>, Vec<Sum>) {
    let of = |d: &Duty, p: &Presence| (d.day, d.shift_id) == (p.day, p.shift_id);
    let planned = |p: &Presence| duties.iter().any(|d| of(d, p) && d.user_id == p.user_id);
    let begun: Vec<&Duty> = duties.iter().filter(|d| d.starts_at <= now).collect();
    let mut told: Vec<(kernel::Date, kernel::Uuid)> = vec![];
    let mut kept = vec![];
    for d in &begun {
        // Somebody outside the plan stands with the duty's first line, not with every person planned for it.
        let first = !told.contains(&(d.day, d.shift_id));
        told.push((d.day, d.shift_id));
        let noted: Vec<Presence> = presence.iter().filter(|p| of(d, p) && !planned(p)).cloned().collect();
        let attended = match presence.iter().find(|p| of(d, p) && p.user_id == d.user_id) {
            Some(p) => Attended::There(p.at, p.note.clone()),
            None if noted.is_empty() => Attended::Nobody,
            None => Attended::Others,
        };
        kept.push(Kept { duty: (*d).clone(), attended, others: if first { noted } else { vec![] } });
    }
    let mut sums: Vec<Sum> = vec![];
    let mut add = |user: UserId, planned: usize, there: usize, for_others: usize| match sums.iter_mut().find(|s| s.user == user) {
        Some(s) => (s.planned, s.there, s.for_others) = (s.planned + planned, s.there + there, s.for_others + for_others),
        None => sums.push(Sum { user, planned, there, for_others }),
    };
    kept.iter().for_each(|k| add(k.duty.user_id, 1, usize::from(matches!(k.attended, Attended::There(..))), 0));
    presence.iter().filter(|p| !planned(p)).for_each(|p| add(p.user_id, 0, 0, 1));
    sums.sort_by_key(|s| (std::cmp::Reverse(s.planned - s.there), s.user));
    (kept, sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DayType;
    use kernel::Uuid;

    #[test]
    fn planned_and_actual_side_by_side() {
        let user = |n: u128| UserId(Uuid::from_u128(n));
        let at = |h: i64| kernel::clock::from_micros(h * 3_600_000_000);
        let duty = |n: u128, shift: u128, from: i64| Duty {
            plan_id: Uuid::nil(),
            user_id: user(n),
            day: "2026-05-12".parse().unwrap(),
            shift_id: Uuid::from_u128(shift),
            post: "巡逻".into(),
            shift: "晚巡".into(),
            code: "巡".into(),
            starts_at: at(from),
            ends_at: at(from + 8),
            night: false,
            day_type: DayType::Work,
        };
        let there = |n: u128, shift: u128, h: i64| Presence { user_id: user(n), day: "2026-05-12".parse().unwrap(), shift_id: Uuid::from_u128(shift), at: at(h), by_user: user(n), note: String::new() };
        let duties = [duty(1, 1, 10), duty(2, 1, 10), duty(3, 2, 10), duty(1, 3, 99)];
        let (kept, sums) = attendance(&duties, &[there(1, 1, 10), there(4, 1, 11)], at(20));
        assert_eq!(kept.len(), 3, "a duty that has not begun is nobody's absence");
        assert_eq!(kept.iter().map(|k| k.attended.clone()).collect::<Vec<_>>(), vec![Attended::There(at(10), String::new()), Attended::Others, Attended::Nobody]);
        assert_eq!(kept.iter().map(|k| k.others.len()).collect::<Vec<_>>(), vec![1, 0, 0]);
        let sum = |n: u128| sums.iter().find(|s| s.user == user(n)).map(|s| (s.planned, s.there, s.for_others));
        assert_eq!([sum(1), sum(2), sum(3), sum(4)], [Some((1, 1, 0)), Some((1, 0, 0)), Some((1, 0, 0)), Some((0, 0, 1))]);
    }
}
