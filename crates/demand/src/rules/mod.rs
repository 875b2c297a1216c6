//! Decisions, pure: what days teach, what a curve says, what it asks of the roster.

pub mod curve;
pub mod kept;
pub mod latent;
pub mod past;
pub mod plan;

use crate::model::{Hours, Promise, SLOT};
use kernel::FieldErrors;
use roster::model::DayType;

/// Seed of all that is drawn: the same data give the same answer, so what was shown can be written and recomputed.
pub const SEED: u64 = 20_260_508;

/// Whether hours and a promise can be planned for.
///
/// # Errors
/// Field by field.
pub fn check(hours: &Hours, promise: Promise) -> kernel::Result<()> {
    let mut e = FieldErrors::default();
    if !(50..=99).contains(&promise.share) {
        e.add("share", "比例应为 50 到 99 之间的整数（百人里的人数）。");
    }
    if !(0..=120).contains(&promise.minutes) {
        e.add("minutes", "等候的分钟数应为 0 到 120 之间的整数。");
    }
    for kind in DayType::ALL {
        if hours.of(*kind).iter().any(|s| s.from % SLOT != 0 || s.until % SLOT != 0) {
            e.add(kind.code(), "起止请用整刻钟，例如 09:00-12:00。");
        }
    }
    if hours.is_empty() {
        e.add("work", "请至少填一段要开放的时间，例如 09:00-12:00，14:00-17:00。");
    }
    e.ok(())
}

/// `九成的人等候不超过 10 分钟`, `100 人里 85 人等候不超过 5 分钟`, `九成的人不用等`.
pub fn promise_text(p: Promise) -> String {
    let tens = ["五", "六", "七", "八", "九"];
    let who = match p.share {
        s if s % 10 == 0 && (50..=90).contains(&s) => format!("{}成的人", tens[(s / 10 - 5) as usize]),
        s => format!("100 人里 {s} 人"),
    };
    if p.minutes == 0 { format!("{who}不用等候") } else { format!("{who}等候不超过 {} 分钟", p.minutes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows::model::Span;

    #[test]
    fn a_promise_in_words() {
        let p = |share, minutes| promise_text(Promise { share, minutes });
        assert_eq!(p(90, 10), "九成的人等候不超过 10 分钟");
        assert_eq!(p(85, 5), "100 人里 85 人等候不超过 5 分钟");
        assert_eq!(p(50, 0), "五成的人不用等候");
    }

    #[test]
    fn what_cannot_be_planned_is_said_by_field() {
        let hours = |from, until| Hours { work: vec![Span { from, until }], ..Hours::default() };
        assert!(check(&hours(540, 720), Promise { share: 90, minutes: 10 }).is_ok());
        for (h, share, minutes, field) in [
            (hours(545, 720), 90, 10, "work"),
            (Hours::default(), 90, 10, "work"),
            (hours(540, 720), 100, 10, "share"),
            (hours(540, 720), 90, 121, "minutes"),
        ] {
            let kernel::Error::Invalid(e) = check(&h, Promise { share, minutes }).unwrap_err() else { panic!() };
            assert!(!e.of(field).is_empty(), "{field}");
        }
    }
}
