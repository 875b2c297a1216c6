//! Decisions, pure: what days teach, what a curve says, what it asks of the roster.

pub mod curve;
pub mod kept;
pub mod latent;
pub mod past;
pub mod plan;

use crate::model::{Hours, Promise, SLOT};
use kernel::FieldErrors;
use roster::model::{DayType, PostKind};

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

/// `九成的人等候不超过 10 分钟`, `100 人里 85 人等候不超过 5 分钟`, `九成的人不用等`; of the command room `九成的警情马上有人接办`, of a
/// patrol `九成的派警 10 分钟内有空着的巡逻组`.
pub fn promise_text(kind: PostKind, p: Promise) -> String {
    let tens = ["五", "六", "七", "八", "九"];
    let (one, of) = match kind {
        PostKind::Command => ("警情", "起警情"),
        PostKind::Patrol => ("派警", "次派警"),
        _ => ("人", "人"),
    };
    let who = match p.share {
        s if s % 10 == 0 && (50..=90).contains(&s) => format!("{}成的{one}", tens[(s / 10 - 5) as usize]),
        s => format!("100 {of}里 {s} {}", of.chars().take(1).collect::<String>()),
    };
    match (kind, p.minutes) {
        (PostKind::Command, 0) => format!("{who}马上有人接办"),
        (PostKind::Command, m) => format!("{who} {m} 分钟内有人接办"),
        (PostKind::Patrol, 0) => format!("{who}马上有空着的巡逻组"),
        (PostKind::Patrol, m) => format!("{who} {m} 分钟内有空着的巡逻组"),
        (_, 0) => format!("{who}不用等候"),
        (_, m) => format!("{who}等候不超过 {m} 分钟"),
    }
}

/// The promise that a plan begins with.
pub fn usual_promise(kind: PostKind) -> Promise {
    match kind {
        PostKind::Command => Promise { share: 95, minutes: 1 },
        _ => Promise { share: 90, minutes: 10 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows::model::Span;

    #[test]
    fn a_promise_in_words() {
        let p = |share, minutes| promise_text(PostKind::Window, Promise { share, minutes });
        let of = |kind, share, minutes| promise_text(kind, Promise { share, minutes });
        assert_eq!(of(PostKind::Command, 95, 1), "100 起警情里 95 起 1 分钟内有人接办");
        assert_eq!(of(PostKind::Command, 90, 0), "九成的警情马上有人接办");
        assert_eq!(of(PostKind::Patrol, 90, 10), "九成的派警 10 分钟内有空着的巡逻组");
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
