//! 居民议事会: the list, the record with its votes and wishes, the printed minutes.

use super::wishes;
use crate::model::{Channel, Meeting, MeetingState, NewMeeting, Vote, Wish};
use crate::{actions, paper, rules, store};
use askama::Template;
use axum::extract::Path;
use kernel::{Date, Error, Purpose, Reader, Result, Uuid};
use roster::model::DayType;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};
use windows::model::Service;

#[derive(Template)]
#[template(path = "meetings.html")]
struct Meetings {
    meetings: Vec<Meeting>,
    may_edit: bool,
}

/// `GET /surveys/meetings`
pub async fn list(ctx: Ctx) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("surveys.meetings", Purpose::Statistics);
    let meetings = ctx.app.db().read(&look, async |r: &mut Reader| store::meetings(r, station).await).await?;
    let may_edit = ctx.may(kernel::Permission::SurveyEdit);
    let page = Page::new("居民议事会", &Meetings { meetings, may_edit });
    if may_edit { page.action("记录一次会", "/surveys/meetings/new").show(&ctx) } else { page.show(&ctx) }
}

#[derive(Template)]
#[template(path = "meeting_new.html")]
struct New<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

fn show_new(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let failed = again.any();
    let content = New { form, again: &again, command_id: ctx.command_id().to_string() };
    let page = Page::new("记录一次会", &content).crumb("居民议事会", "/surveys/meetings");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

fn iso(d: Date) -> String {
    d.to_string()
}

/// `GET /surveys/meetings/new`
pub async fn new_page(ctx: Ctx) -> Answer {
    show_new(&ctx, &Form::of([("held_on", iso(ctx.app.today()))]), Again::default())
}

fn read(form: &mut Form) -> NewMeeting {
    NewMeeting {
        title: form.required("title", "会议名称", 80),
        held_on: form.date("held_on", "日期"),
        place: form.required("place", "地点", 80),
        chair: form.bounded("chair", "主持人", 40),
        present: form.number("present", "到会人数", 1..=rules::MOST_PRESENT),
        names: form.bounded("names", "到会人员", 4_000),
        minutes: form.bounded("minutes", "会议记录", 20_000),
        version: form.text("version").parse().unwrap_or(0),
    }
}

/// `POST /surveys/meetings/new`
pub async fn new(ctx: Ctx, mut form: Form) -> Answer {
    let act = ctx.act("surveys.meeting", Purpose::Statistics, &form);
    let new = read(&mut form);
    let done = match form.finish(new) {
        Ok(new) => actions::open_meeting(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/surveys/meetings/{id}")),
        Err(e) => show_new(&ctx, &form, Again::from_error(e)?),
    }
}

#[derive(Template)]
#[template(path = "meeting.html")]
struct One<'a> {
    m: &'a Meeting,
    votes: Vec<Vote>,
    wishes: Vec<Wish>,
    names: Vec<(Uuid, String)>,
    services: Vec<Service>,
    days: &'static [DayType],
    may_edit: bool,
    /// The record as it is edited.
    record: &'a Form,
    form: &'a Form,
    again: &'a Again,
    command_ids: [String; 5],
}

impl One<'_> {
    fn name(&self, id: &Option<Uuid>) -> &str {
        self.names.iter().find(|(n, _)| Some(*n) == *id).map_or("", |(_, n)| n)
    }
    fn draft(&self) -> bool {
        self.m.state == MeetingState::Draft && self.may_edit
    }
    /// Widths of a vote's bar, of 240: for, against, abstained.
    fn bar(&self, v: &Vote) -> [String; 5] {
        let of = |n: i64| n as f64 / self.m.present.max(1) as f64 * 240.0;
        let (yes, no, none) = (of(v.yes), of(v.no), of(v.abstained));
        [yes, no, none, yes + no, yes].map(|w| format!("{w:.1}"))
    }
    fn paragraphs(&self) -> Vec<&str> {
        self.m.minutes.lines().map(str::trim).filter(|l| !l.is_empty()).collect()
    }
    fn people(&self) -> String {
        rules::names(&self.m.names).join("、")
    }
}

struct Whole {
    m: Meeting,
    votes: Vec<Vote>,
    wishes: Vec<Wish>,
    names: Vec<(Uuid, String)>,
    services: Vec<Service>,
    organ: String,
}

async fn whole(ctx: &Ctx, id: &str, action: &'static str) -> Result<Whole> {
    let (id, station) = (meeting_id(id)?, ctx.who.station);
    let look = ctx.look(action, Purpose::Statistics);
    let read = async |r: &mut Reader| {
        Ok(Whole {
            m: store::meeting(r, station, id).await?,
            votes: store::votes(r, station, id).await?,
            wishes: store::wishes_of(r, station, id).await?,
            names: windows::store::service_names(r, station).await?,
            services: windows::store::services(r, station).await?,
            organ: places::store::station(r, station).await?.name,
        })
    };
    ctx.app.db().read(&look, read).await
}

fn meeting_id(id: &str) -> Result<Uuid> {
    web::page::id(id, "这次议事会")
}

/// Whose form did not work: its fields are shown as typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    Nothing,
    Record,
    Other,
}

async fn show(ctx: &Ctx, id: &str, form: &Form, typed: Typed, again: Again) -> Answer {
    let w = whole(ctx, id, "surveys.meeting").await?;
    let m = &w.m;
    let stored = Form::of([
        ("title", m.title.clone()),
        ("held_on", iso(m.held_on)),
        ("place", m.place.clone()),
        ("chair", m.chair.clone()),
        ("present", m.present.to_string()),
        ("names", m.names.clone()),
        ("minutes", m.minutes.clone()),
        ("version", m.version.to_string()),
    ]);
    let failed = again.any();
    let none = Form::default();
    let content = One {
        m,
        votes: w.votes,
        wishes: w.wishes,
        names: w.names,
        services: w.services,
        days: DayType::ALL,
        may_edit: ctx.may(kernel::Permission::SurveyEdit),
        record: if typed == Typed::Record { form } else { &stored },
        form: if typed == Typed::Other { form } else { &none },
        again: &again,
        command_ids: std::array::from_fn(|_| ctx.command_id().to_string()),
    };
    let page = Page::new(m.title.clone(), &content).crumb("居民议事会", "/surveys/meetings");
    let page = if m.state == MeetingState::Final { page.action("打印会议记录", format!("/surveys/meetings/{}/paper", m.id)) } else { page };
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /surveys/meetings/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    show(&ctx, &id, &Form::default(), Typed::Nothing, Again::default()).await
}

async fn after(ctx: &Ctx, id: &str, form: &Form, typed: Typed, done: Result<()>) -> Answer {
    match done {
        Ok(()) => go(format!("/surveys/meetings/{id}")),
        Err(e @ (Error::NotFound(_) | Error::Forbidden(_))) => Err(e.into()),
        Err(e) => show(ctx, id, form, typed, Again::from_error(e)?).await,
    }
}

/// `POST /surveys/meetings/{id}`: the record anew.
pub async fn save(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let act = ctx.act("surveys.meeting", Purpose::Statistics, &form);
    let new = read(&mut form);
    let done = match form.finish(new) {
        Ok(new) => actions::save_meeting(&ctx.app, &act, meeting_id(&id)?, new).await,
        Err(e) => Err(e),
    };
    after(&ctx, &id, &form, Typed::Record, done).await
}

/// `POST /surveys/meetings/{id}/vote`
pub async fn vote(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let act = ctx.act("surveys.vote", Purpose::Statistics, &form);
    let question = form.required("question", "表决的事项", 200);
    let mut count = |field: &str, label: &str| if form.text(field).is_empty() { 0 } else { form.number(field, label, 0..=rules::MOST_PRESENT) };
    let counts = [count("yes", "同意"), count("no", "反对"), count("abstained", "弃权")];
    let done = match form.finish(counts) {
        Ok(counts) => actions::vote(&ctx.app, &act, meeting_id(&id)?, &question, counts).await,
        Err(e) => Err(e),
    };
    after(&ctx, &id, &form, Typed::Other, done).await
}

/// `POST /surveys/meetings/{id}/strike`
pub async fn strike(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let act = ctx.act("surveys.strike", Purpose::Statistics, &form);
    let vote: Uuid = form.id("vote", "表决");
    let done = match form.finish(vote) {
        Ok(vote) => actions::strike(&ctx.app, &act, meeting_id(&id)?, vote).await,
        Err(e) => Err(e),
    };
    after(&ctx, &id, &form, Typed::Nothing, done).await
}

/// `POST /surveys/meetings/{id}/wish`
pub async fn wish(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let act = ctx.act("surveys.wish", Purpose::Statistics, &form);
    let new = wishes::read(&mut form, Channel::Meeting, Some(meeting_id(&id)?));
    let done = match form.finish(new) {
        Ok(new) => actions::wish(&ctx.app, &act, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    after(&ctx, &id, &form, Typed::Other, done).await
}

/// `POST /surveys/meetings/{id}/finish`
pub async fn finish(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let act = ctx.act("surveys.finish_meeting", Purpose::Statistics, &form);
    let done = actions::finish_meeting(&ctx.app, &act, meeting_id(&id)?).await;
    after(&ctx, &id, &form, Typed::Nothing, done).await
}

/// `GET /surveys/meetings/{id}/paper`: the final record as PDF.
pub async fn minutes(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let w = whole(&ctx, &id, "surveys.minutes").await?;
    if w.m.state == MeetingState::Draft {
        return Err(kernel::Refusal::new("surveys.meeting_draft", "记录还没有定稿。", "请先定稿再打印。").into());
    }
    let name = |id: Option<Uuid>| w.names.iter().find(|(n, _)| Some(*n) == id).map(|(_, n)| n.clone()).unwrap_or_default();
    let wishes: Vec<(&Wish, String)> = w.wishes.iter().map(|x| (x, name(x.service_id))).collect();
    let pdf = paper::pdf(paper::minutes(&w.organ, &w.m, &w.votes, &wishes)).await?;
    windows::web_pages::file(&format!("{}会议记录", w.m.title), pdf)
}
