//! What the pages of the cameras are told of people: who was at which post at a past minute, and who had the watch of the
//! command room while cameras were looked at.
//!
//! Rights are those of the roster's own pages: who sees the roster sees who was planned, and who really came since yesterday
//! (今天在岗); what was before that is for those who plan (到岗情况). What a watcher looked at is for those who keep the register
//! of looks, and for the watcher.

use crate::model::HeldDuty;
use crate::rules::past::{self, There, Watch};
use crate::rules::stood::{self, Stood};
use crate::store;
use askama::Template;
use futures::future::BoxFuture;
use kernel::{Actor, App, Date, Error, Permission as P, Purpose, Reader, Result, ToSpan, UserId, Uuid, clock};

/// Duties of the span and of two days before it, and who stood where.
async fn seen(r: &mut Reader, station: kernel::StationId, from: Date, until: Date) -> Result<(Vec<HeldDuty>, Vec<Stood>)> {
    let from = from.saturating_sub(2.days());
    let held = store::held_duties(r, station, from, until).await?;
    let (stands, presence) = (store::stands(r, station, from, until).await?, store::presence(r, station, from, until).await?);
    let duties = store::duties(r, station, from, until).await?;
    Ok((held, stood::stood(&stands, &presence, &duties, r.now())))
}

/// Whether the person may know who really came on a day.
fn may_know(app: &App, actor: &Actor, day: Date) -> bool {
    actor.may(P::RosterPlan) || day >= app.today().saturating_sub(1.days())
}

async fn named(r: &mut Reader, users: impl Iterator<Item = UserId>) -> Result<Vec<(UserId, String)>> {
    let mut users: Vec<UserId> = users.collect();
    users.sort_unstable();
    users.dedup();
    users.iter().for_each(|u| r.saw("user", *u));
    identity::store::names(r, &users).await
}

fn name(names: &[(UserId, String)], user: UserId) -> String {
    names.iter().find(|n| n.0 == user).map_or("—".into(), |n| n.1.clone())
}

/// `19:50`, with the day where it is another than that of `beside`.
fn time(second: i64, beside: i64) -> String {
    let show = |s: i64| clock::show(clock::from_micros(s * 1_000_000));
    let (own, other) = (show(second), show(beside));
    if own[..10] == other[..10] { own[11..].to_string() } else { own }
}

struct Person {
    name: String,
    badge: &'static str,
    /// "" where the viewer may not know, or there is nothing to say.
    words: String,
}

#[derive(Template)]
#[template(path = "past_minute.html")]
struct Minute {
    posts: Vec<(String, Vec<Person>)>,
    known: bool,
}

/// Fills [`video::REPLAY_SLOT`]: who was on which post. Nothing where no roster held or nobody was planned or there.
pub fn minute<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(P::RosterSee) {
            return Ok(String::new());
        }
        let at = video::moment::of(id);
        let (day, second) = (clock::day_of(at), at.as_second());
        let known = may_know(app, actor, day);
        let look = app.look(actor, "roster.minute", Purpose::Video);
        let (lines, names) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let (duties, there) = seen(r, actor.station, day, day).await?;
                let mut lines = past::at(&duties, &there, second);
                lines.retain(|l| known || l.planned);
                let names = named(r, lines.iter().map(|l| l.user)).await?;
                Ok((lines, names))
            })
            .await?;
        let mut posts: Vec<(String, Vec<Person>)> = vec![];
        for l in lines {
            let (badge, words) = match (l.planned, l.there) {
                _ if !known => ("", String::new()),
                (true, There::Since(s)) => ("badge--ok", format!("在岗，{} 起", time(s, second))),
                (true, There::Left(s)) => ("badge--warn", format!("{} 离岗", time(s, second))),
                (true, There::Unsigned) => ("badge--warn", "没有签到".into()),
                (false, There::Since(s)) => ("badge--ok", format!("不在排班时间，在岗，{} 起", time(s, second))),
                (false, _) => ("", String::new()),
            };
            let person = Person { name: name(&names, l.user), badge, words };
            let what = format!("{}·{}", l.post, l.shift);
            match posts.iter_mut().find(|p| p.0 == what) {
                Some(p) => p.1.push(person),
                None => posts.push((what, vec![person])),
            }
        }
        if posts.is_empty() {
            return Ok(String::new());
        }
        Minute { posts, known }.render().map_err(Error::internal)
    })
}

struct Line {
    name: String,
    what: String,
    planned: String,
    stood: String,
    gone: bool,
    /// "" where the viewer may not know.
    looked: String,
}

#[derive(Template)]
#[template(path = "past_watch.html")]
struct Watches {
    lines: Vec<Line>,
    unsure: bool,
    looks: bool,
}

/// `05-12 20:00 至 2026-05-13 08:00`, `05-12 08:00 至 20:00`
fn stretch(s: &stood::Stretch) -> String {
    let show = |s: i64| clock::show(clock::from_micros(s * 1_000_000))[5..].to_string();
    format!("{} 至 {}", show(s.0), time(s.1, s.0))
}

fn minutes(seconds: i64) -> String {
    if seconds < 60 { "不到 1 分".into() } else { super::month::hours(seconds / 60) }
}

/// Fills [`video::DUTY_SLOT`]: who had the watch of the command room since a moment, how long they were there and how long
/// they had pictures open. Nothing where the roster knew of no such post in that time.
pub fn watch<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(P::RosterSee) {
            return Ok(String::new());
        }
        let (from, now) = (video::moment::of(id), app.now());
        let look = app.look(actor, "roster.watch", Purpose::Statistics);
        let may_see = |u: UserId| actor.may(P::VideoLog) || u == actor.user;
        let (all, names, looks) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let (duties, there) = seen(r, actor.station, clock::day_of(from), clock::day_of(now)).await?;
                let mut all = past::watches(&duties, &there, (from.as_second(), now.as_second()));
                all.retain(|w| !w.planned.is_empty() || may_know(app, actor, w.day));
                let users: Vec<UserId> = all.iter().map(|w| w.user).filter(|u| may_see(*u)).collect();
                let looks = video::store::live_spans(r, actor.station, &users, from, now).await?;
                let names = named(r, all.iter().map(|w| w.user)).await?;
                Ok((all, names, looks))
            })
            .await?;
        if all.is_empty() {
            return Ok(String::new());
        }
        let line = |w: &Watch| {
            let known = may_know(app, actor, w.day);
            let own: Vec<(i64, i64, Uuid)> = looks.iter().filter(|l| l.user_id == w.user).map(|l| (l.began_at.as_second(), l.until_at.as_second(), l.camera_id)).collect();
            Line {
                name: name(&names, w.user),
                what: format!("{}·{}", w.post, w.shift),
                planned: if w.planned.is_empty() { "没有排班（顶班）".into() } else { w.planned.iter().map(stretch).collect::<Vec<_>>().join("、") },
                stood: match (known, stood::seconds(&w.stood)) {
                    (false, _) => "—".into(),
                    (true, 0) => "没有签到".into(),
                    (true, s) => minutes(s),
                },
                gone: known && w.stood.is_empty(),
                looked: match (may_see(w.user), past::looked(&own, w)) {
                    (false, _) => String::new(),
                    (true, (0, _)) => "没有打开画面".into(),
                    (true, (s, cameras)) => format!("{}，{cameras} 台", minutes(s)),
                },
            }
        };
        let unsure = all.iter().any(|w| !w.sure && may_know(app, actor, w.day));
        let lines: Vec<Line> = all.iter().map(line).collect();
        let looks = lines.iter().any(|l| !l.looked.is_empty());
        Watches { lines, unsure, looks }.render().map_err(Error::internal)
    })
}
