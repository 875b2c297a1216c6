//! A past minute, and a past watch: who was to be at a post by the roster that held then, and who really stood there. Moments
//! are seconds since the epoch.

use super::stood::{Stood, Stretch, joined, seconds};
use crate::model::{HeldDuty, PostKind};
use kernel::{Date, UserId, Uuid};

/// What is known of a person at a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    /// At the post since then.
    Since(i64),
    /// Was there, and left then.
    Left(i64),
    /// Nobody signed in for the duty by then.
    Unsigned,
}

/// A person at a post at a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtPost {
    pub post: String,
    pub shift: String,
    pub user: UserId,
    /// The roster that held then had them there at this minute; else they stood outside their hours or in somebody's place.
    pub planned: bool,
    pub there: There,
}

fn same(d: &HeldDuty, s: &Stood) -> bool {
    (d.day, d.shift_id) == (s.day, s.shift)
}

/// Who was at which post at a minute, planned or not, in the order of `duties`; people beside the roster come last.
pub fn at(duties: &[HeldDuty], stood: &[Stood], minute: i64) -> Vec<AtPost> {
    let covers = |s: &Stood| s.from <= minute && minute < s.until;
    let mut out: Vec<(Date, Uuid, AtPost)> = vec![];
    for d in duties.iter().filter(|d| d.held(minute) && d.runs(minute)) {
        let own = || stood.iter().filter(|s| same(d, s) && s.user == d.user_id);
        let there = match (own().find(|s| covers(s)), own().map(|s| s.until).filter(|u| *u <= minute).max()) {
            (Some(s), _) => There::Since(s.from),
            (None, Some(left)) => There::Left(left),
            (None, None) => There::Unsigned,
        };
        out.push((d.day, d.shift_id, AtPost { post: d.post.clone(), shift: d.shift.clone(), user: d.user_id, planned: true, there }));
    }
    for s in stood.iter().filter(|s| covers(s)) {
        let known = out.iter().any(|(day, shift, a)| (*day, *shift, a.user) == (s.day, s.shift, s.user));
        // The duty gives the names; without one nothing can be said.
        if let (false, Some(d)) = (known, duties.iter().find(|d| same(d, s))) {
            out.push((s.day, s.shift, AtPost { post: d.post.clone(), shift: d.shift.clone(), user: s.user, planned: false, there: There::Since(s.from) }));
        }
    }
    out.into_iter().map(|(_, _, a)| a).collect()
}

/// A person's watch duty within a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    pub post: String,
    pub shift: String,
    pub user: UserId,
    pub day: Date,
    /// When the roster had them there; empty for somebody in another's place.
    pub planned: Vec<Stretch>,
    pub stood: Vec<Stretch>,
    /// False where an end was never told and counts until the end of the duty.
    pub sure: bool,
}

/// Who had the watch of the command room (指挥室值守) between two moments, by duty. Each minute goes by the roster that held
/// when it came, as [`super::stood::keep`] counts.
pub fn watches(duties: &[HeldDuty], stood: &[Stood], (from, until): (i64, i64)) -> Vec<Watch> {
    let within = |a: i64, b: i64| (a.max(from), b.min(until));
    let command = || duties.iter().filter(|d| d.kind == PostKind::Command);
    let mut out: Vec<(Uuid, Watch)> = vec![];
    let mut of = |d: &HeldDuty, user: UserId, planned: Option<Stretch>, there: Option<&Stood>| {
        let at = out.iter().position(|(shift, w)| (*shift, w.day, w.user) == (d.shift_id, d.day, user));
        let at = at.unwrap_or_else(|| {
            let w = Watch { post: d.post.clone(), shift: d.shift.clone(), user, day: d.day, planned: vec![], stood: vec![], sure: true };
            out.push((d.shift_id, w));
            out.len() - 1
        });
        let w = &mut out[at].1;
        w.planned.extend(planned);
        if let Some(s) = there {
            w.stood.push(within(s.from, s.until));
            w.sure &= s.sure;
        }
    };
    for d in command() {
        let since = d.starts_at.as_second().max(d.since.as_second());
        let ends = d.ends_at.as_second().min(d.until.map_or(i64::MAX, |u| u.as_second()));
        let (a, b) = within(since, ends);
        if a < b {
            of(d, d.user_id, Some((a, b)), None);
        }
    }
    for s in stood.iter().filter(|s| s.from < until && s.until > from) {
        if let Some(d) = command().find(|d| same(d, s)) {
            of(d, s.user, None, Some(s));
        }
    }
    let tidy = |(_, w): (Uuid, Watch)| Watch { planned: joined(w.planned), stood: joined(w.stood), ..w };
    let mut all: Vec<Watch> = out.into_iter().map(tidy).collect();
    all.sort_by_key(|w| w.planned.first().or(w.stood.first()).map_or(0, |s| s.0));
    all
}

/// Seconds in which somebody had at least one picture open during their watch, and of how many cameras. `looks`: from, until,
/// camera.
pub fn looked(looks: &[(i64, i64, Uuid)], w: &Watch) -> (i64, usize) {
    let watch = joined(w.planned.iter().chain(&w.stood).copied().collect());
    let (mut spans, mut cameras) = (vec![], vec![]);
    for (from, until, camera) in looks {
        let part: Vec<Stretch> = watch.iter().map(|s| (s.0.max(*from), s.1.min(*until))).filter(|s| s.0 < s.1).collect();
        if !part.is_empty() && !cameras.contains(camera) {
            cameras.push(*camera);
        }
        spans.extend(part);
    }
    (seconds(&joined(spans)), cameras.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }
    fn duty(who: u128, kind: PostKind, hours: (i64, i64), version: (i64, Option<i64>)) -> HeldDuty {
        let at = |h: i64| kernel::clock::from_micros(h * 3_600_000_000);
        HeldDuty {
            user_id: user(who),
            day: "1970-01-01".parse().unwrap(),
            shift_id: Uuid::from_u128(kind as u128 * 100 + hours.0 as u128),
            post: kind.label().into(),
            shift: "班".into(),
            kind,
            position: kind as i64,
            starts_at: at(hours.0),
            ends_at: at(hours.1),
            since: at(version.0),
            until: version.1.map(at),
        }
    }
    fn stood(who: u128, d: &HeldDuty, hours: (i64, i64), sure: bool) -> Stood {
        Stood { user: user(who), day: d.day, shift: d.shift_id, from: hours.0 * 3600, until: hours.1 * 3600, sure }
    }

    #[test]
    fn a_minute_goes_by_the_roster_that_held_then_and_by_who_stood_there() {
        let command = duty(1, PostKind::Command, (20, 32), (0, Some(26)));
        let after = duty(2, PostKind::Command, (20, 32), (26, None));
        let patrol = duty(3, PostKind::Patrol, (16, 24), (0, None));
        let duties = [command.clone(), after, patrol.clone()];
        let there = [stood(1, &command, (19, 22), true), stood(1, &command, (23, 26), true), stood(4, &patrol, (18, 24), false)];
        let at_hour = |h: i64| at(&duties, &there, h * 3600).into_iter().map(|a| (a.user.0.as_u128(), a.planned, a.there)).collect::<Vec<_>>();
        // Signed in an hour early; the patrol's planned officer never came, another stood there.
        assert_eq!(at_hour(19), vec![(3, true, There::Unsigned), (1, false, There::Since(19 * 3600)), (4, false, There::Since(18 * 3600))]);
        assert_eq!(at_hour(21)[0], (1, true, There::Since(19 * 3600)));
        assert_eq!(at_hour(22)[0], (1, true, There::Left(22 * 3600)));
        assert_eq!(at_hour(25), vec![(1, true, There::Since(23 * 3600))]);
        assert_eq!(at_hour(27), vec![(2, true, There::Unsigned)], "another version holds since then");
        assert_eq!(at_hour(40), vec![]);
    }

    #[test]
    fn the_watch_is_planned_by_versions_and_stood_by_people_and_patrols_are_none() {
        let command = duty(1, PostKind::Command, (20, 32), (0, Some(26)));
        let after = duty(2, PostKind::Command, (20, 32), (26, None));
        let patrol = duty(3, PostKind::Patrol, (16, 24), (0, None));
        let there = [stood(1, &command, (19, 22), true), stood(1, &command, (23, 26), true), stood(4, &command, (26, 33), false), stood(3, &patrol, (16, 24), true)];
        let hours = |list: &[Stretch]| list.iter().map(|s| (s.0 / 3600, s.1 / 3600)).collect::<Vec<_>>();
        let of = |from: i64, until: i64| {
            let all = watches(&[command.clone(), after.clone(), patrol.clone()], &there, (from * 3600, until * 3600));
            all.into_iter().map(|w| (w.user.0.as_u128(), hours(&w.planned), hours(&w.stood), w.sure)).collect::<Vec<_>>()
        };
        let all = of(0, 40);
        assert_eq!(all[0], (1, vec![(20, 26)], vec![(19, 22), (23, 26)], true));
        assert_eq!(all[1..], [(2, vec![(26, 32)], vec![], true), (4, vec![], vec![(26, 33)], false)]);
        assert_eq!(of(21, 24), vec![(1, vec![(21, 24)], vec![(21, 22), (23, 24)], true)], "only what lies within");
        assert_eq!(of(34, 40), vec![]);

        // Two cameras at once are one look; what was looked at off duty is not the watch's.
        let w = watches(std::slice::from_ref(&command), &there[..2], (0, 40 * 3600)).remove(0);
        let camera = Uuid::from_u128;
        let looks = [(18 * 3600, 20 * 3600, camera(1)), (19 * 3600, 21 * 3600, camera(2)), (26 * 3600, 27 * 3600, camera(3))];
        assert_eq!(looked(&looks, &w), (2 * 3600, 2));
    }
}
