//! 期限日历: what is due on which day — a month on the desk, a list by day on the phone.

use crate::model::Due;
use crate::store::tracks;
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Permission as P, Purpose, Reader, Role, ToSpan, clock};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Filter {
    month: String,
    whose: String,
}

pub(crate) struct Day {
    pub date: Date,
    pub kind: &'static str,
    pub name: String,
    pub items: Vec<Item>,
}

pub(crate) struct Item {
    pub day: Date,
    pub sort: String,
    pub path: String,
    pub title: String,
    pub what: String,
    pub provisional: bool,
    pub late: bool,
    pub owner: String,
}

#[derive(Template)]
#[template(path = "due_calendar.html")]
struct Calendar {
    month: String,
    before: String,
    after: String,
    mine: bool,
    may_choose: bool,
    today: Date,
    /// Empty cells before the first day (Monday first).
    blanks: usize,
    days: Vec<Day>,
    count: usize,
    late: usize,
    known: bool,
}

fn word(d: &Due) -> String {
    match d.sort.as_str() {
        "promise" => format!("协议第 {} 项", d.which),
        "visit" => format!("第 {} 次回访", d.which),
        "warned" => format!("第 {} 次查访（告诫书）", d.which),
        _ => d.which.clone(),
    }
}

/// What is to be handed over to other bodies, and whom to tell of it, with the clock of the law.
async fn hand_overs(r: &mut Reader, reach: &kernel::Reach, first: Date, last: Date) -> kernel::Result<Vec<Item>> {
    let now = r.now();
    let (from, until) = (clock::start_of(first), clock::start_of(last.tomorrow().unwrap_or(last)));
    let mut out = vec![];
    for (t, what) in incidents::store::transfers::due_between(r, reach, from, until).await? {
        r.saw("incident", t.incident_id);
        out.push(Item {
            day: clock::day_of(t.due.checked_sub(std::time::Duration::from_secs(1)).unwrap_or(t.due)),
            sort: "clock".into(),
            path: format!("/incidents/{}", t.incident_id),
            title: t.title,
            what: what.to_string(),
            provisional: false,
            late: t.due < now,
            owner: "接警台".into(),
        });
    }
    Ok(out)
}

/// `GET /disputes/calendar[?month=2026-05&whose=all]`
pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let first = format!("{}-01", f.month).parse::<Date>().ok().filter(|d| (2000..=2100).contains(&d.year())).unwrap_or(today.first_of_month());
    let last = first.last_of_month();
    let may_choose = ctx.may(P::DisputeSee);
    // A grid worker is the owner of no dispute: what is due in the own grids.
    // A leader answers for the whole station and sees it first; everyone else the own disputes.
    let leads = matches!(ctx.who.role, Role::StationLeader | Role::DutyLeader);
    let mine = may_choose && if leads { f.whose == "mine" } else { f.whose != "all" };
    let owner = mine.then_some(ctx.who.user);
    let look = ctx.look("mediation.calendar", Purpose::Mediation);
    let reach = ctx.who.reach();
    // Hand-overs of reports (移交) are the command room's, which everybody who dispatches shares.
    let transfers = may_choose && ctx.may(P::IncidentSee) && (!mine || ctx.may(P::IncidentDispatch));
    let items = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let list = tracks::due_between(r, &reach, owner, first, last).await?;
            let owners: Vec<_> = list.iter().map(|d| d.owner_id).collect();
            let names = identity::store::names(r, &owners).await?;
            let mut out = vec![];
            for due in list {
                r.saw("dispute", due.dispute_id);
                let owner = names.iter().find(|(id, _)| *id == due.owner_id).map_or(String::new(), |(_, n)| n.clone());
                out.push(Item {
                    what: word(&due),
                    late: due.day < today,
                    path: format!("/disputes/{}", due.dispute_id),
                    day: due.day,
                    sort: due.sort,
                    title: due.title,
                    provisional: due.provisional,
                    owner,
                });
            }
            if transfers {
                out.extend(hand_overs(r, &reach, first, last).await?);
                out.sort_by_key(|i| i.day);
            }
            Ok(out)
        })
        .await?;
    let (count, late) = (items.len(), items.iter().filter(|i| i.late).count());
    let c = rules.calendar();
    let mut items = items.into_iter().peekable();
    let mut days = vec![];
    let mut date = first;
    while date <= last {
        let mut of_day = vec![];
        while let Some(i) = items.next_if(|i| i.day == date) {
            of_day.push(i);
        }
        let kind = match (c.is_make_up(date), c.holiday(date).is_some(), c.is_working(date)) {
            (true, ..) => "worked",
            (_, true, _) => "holiday",
            (_, _, true) => "work",
            _ => "rest",
        };
        days.push(Day { date, kind, name: c.holiday(date).unwrap_or("").to_string(), items: of_day });
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    let month = |d: Date| d.strftime("%Y-%m").to_string();
    let content = Calendar {
        month: first.strftime("%Y 年 %-m 月").to_string(),
        before: month(first.saturating_sub(1.month())),
        after: month(first.saturating_add(1.month())),
        mine,
        may_choose,
        today,
        blanks: usize::try_from(first.weekday().to_monday_one_offset() - 1).unwrap_or(0),
        days,
        count,
        late,
        known: c.is_known(first.year()),
    };
    Page::new("期限日历", &content).crumb("纠纷", "/disputes").show(&ctx)
}
