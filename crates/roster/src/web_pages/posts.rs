//! Posts: what each needs, on which kind of day.

use super::clock;
use crate::actions::{self, placeholder};
use crate::model::*;
use crate::{rules, store};
use askama::Template;
use axum::extract::Path;
use kernel::row::Json;
use kernel::{Error, Purpose, Reader, StationId, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Line {
    post: Post,
    shifts: Vec<(Shift, String)>,
    /// Where its need comes from, when another domain worked it out.
    source: String,
}

#[derive(Template)]
#[template(path = "posts.html")]
struct Posts {
    lines: Vec<Line>,
}

/// `GET /roster/posts`
pub async fn list(ctx: Ctx) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("roster.posts", Purpose::Administration);
    let sets = ctx.app.db().read(&look, async |r: &mut Reader| store::posts(r, station).await).await?;
    let mut lines = vec![];
    for set in sets {
        let source = ctx.site.fill(crate::POST_SLOT, &ctx.who, set.post.id).await?;
        let counts: Vec<Vec<u32>> = DayType::ALL.iter().map(|k| rules::counts(&set, *k).unwrap_or_default()).collect();
        let of = |i: usize| counts.iter().map(|c| c.get(i).map_or("—".into(), u32::to_string)).collect::<Vec<String>>().join(" / ");
        lines.push(Line { shifts: set.shifts.iter().enumerate().map(|(i, s)| (s.clone(), of(i))).collect(), post: set.post, source });
    }
    let content = Posts { lines };
    Page::new("岗位和需要", &content).crumb("值班表", "/roster").action("新设岗位", "/roster/posts/new").show(&ctx)
}

#[derive(Template)]
#[template(path = "post.html")]
struct One<'a> {
    path: String,
    existing: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    kinds: &'static [PostKind],
    standings: &'static [Standing],
    mixes: &'static [MixRule],
    day_types: &'static [DayType],
    lines: std::ops::Range<usize>,
    source: String,
}

async fn show(ctx: &Ctx, id: Option<Uuid>, form: &Form, again: Again) -> Answer {
    let source = match id {
        Some(id) => ctx.site.fill(crate::POST_SLOT, &ctx.who, id).await?,
        None => String::new(),
    };
    let content = One {
        path: id.map_or("/roster/posts/new".to_string(), |id| format!("/roster/posts/{id}")),
        existing: id.is_some(),
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
        kinds: PostKind::ALL,
        standings: Standing::ALL,
        mixes: MixRule::ALL,
        day_types: DayType::ALL,
        lines: 0..rules::MOST_SHIFTS,
        source,
    };
    let failed = again.any();
    let page = Page::new(if id.is_some() { "岗位" } else { "新设岗位" }, &content).crumb("值班表", "/roster").crumb("岗位和需要", "/roster/posts");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// The form as it shows a post.
fn filled(set: &PostSet) -> Form {
    let p = &set.post;
    let mut f = Form::of([
        ("name", p.name.clone()),
        ("kind", p.kind.code().to_string()),
        ("skill", p.skill.clone()),
        ("mix", p.mix.code().to_string()),
        ("must", if p.must { "1" } else { "" }.to_string()),
        ("paid_percent", p.paid_percent.to_string()),
        ("by", if p.by_quarter { "quarter" } else { "shift" }.to_string()),
        ("position", p.position.to_string()),
        ("version", p.version.to_string()),
    ]);
    for s in &p.standings.0 {
        f.add("standing", s.code());
    }
    for (i, s) in set.shifts.iter().enumerate() {
        f.set(&format!("shift_id_{i}"), s.id.to_string());
        f.set(&format!("shift_name_{i}"), &s.name);
        f.set(&format!("shift_code_{i}"), &s.code);
        f.set(&format!("shift_start_{i}"), clock(s.start_minute));
        f.set(&format!("shift_hours_{i}"), hours(s.minutes));
        for t in DayType::ALL {
            let n: i64 = set.needs.iter().filter(|n| n.day_type == *t && n.shift_id == Some(s.id)).map(|n| n.people).sum();
            f.set(&format!("need_{}_{i}", t.code()), n.to_string());
        }
    }
    for t in DayType::ALL {
        let all: Vec<String> = set
            .needs
            .iter()
            .filter(|n| n.day_type == *t && n.shift_id.is_none())
            .map(|n| format!("{}-{} {}", clock(n.from_minute), if n.until_minute == 1_440 { "24:00".into() } else { clock(n.until_minute) }, n.people))
            .collect();
        f.set(&format!("quarter_{}", t.code()), all.join("，"));
    }
    f
}

fn hours(minutes: i64) -> String {
    if minutes % 60 == 0 { (minutes / 60).to_string() } else { format!("{}.{}", minutes / 60, minutes % 60 * 100 / 60).trim_end_matches('0').to_string() }
}

/// `GET /roster/posts/new`
pub async fn new_page(ctx: Ctx) -> Answer {
    let form = Form::of([("kind", "patrol"), ("mix", "pairs"), ("paid_percent", "100"), ("by", "shift"), ("position", "5"), ("version", "1")]);
    show(&ctx, None, &form, Again::default()).await
}

fn uuid(id: &str) -> kernel::Result<Uuid> {
    web::page::id(id, "这个岗位")
}

/// `GET /roster/posts/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (id, station) = (uuid(&id)?, ctx.who.station);
    let look = ctx.look("roster.post", Purpose::Administration);
    let set = ctx.app.db().read(&look, async |r: &mut Reader| store::post(r, station, id).await).await?;
    show(&ctx, Some(id), &filled(&set), Again::default()).await
}

/// Reads the form; what does not fit is an error under its field.
fn read(form: &mut Form, id: Uuid) -> PostSet {
    let by_quarter = form.typed("by") == "quarter";
    let kind = PostKind::from_code(form.typed("kind"));
    let mix = MixRule::from_code(form.typed("mix"));
    if kind.is_none() {
        form.errors.add("kind", "请选择岗位种类。");
    }
    if mix.is_none() {
        form.errors.add("mix", "请选择搭配要求。");
    }
    let post = Post {
        station_id: StationId::NIL,
        id,
        name: form.required("name", "岗位名称", 20),
        kind: kind.unwrap_or(PostKind::Reserve),
        standings: Json(form.every("standing").iter().filter_map(|s| Standing::from_code(s)).collect()),
        skill: form.bounded("skill", "资质", 20),
        mix: mix.unwrap_or(MixRule::None),
        must: form.yes("must"),
        paid_percent: form.number("paid_percent", "计入工时的比例", 0..=100),
        by_quarter,
        position: form.number("position", "次序", 0..=99),
        version: form.number("version", "版本", 1..=i64::MAX),
    };
    let mut set = PostSet { post, shifts: vec![], needs: vec![] };
    for i in 0..rules::MOST_SHIFTS {
        shift(form, i, by_quarter, &mut set);
    }
    for t in DayType::ALL.iter().filter(|_| by_quarter) {
        let field = format!("quarter_{}", t.code());
        match rules::intervals(form.typed(&field)) {
            Ok(list) => set.needs.extend(list.into_iter().map(|(from, until, people)| Need {
                post_id: id,
                day_type: *t,
                shift_id: None,
                from_minute: from,
                until_minute: until,
                people,
            })),
            Err(why) => form.errors.add(field, why),
        }
    }
    set
}

fn shift(form: &mut Form, i: usize, by_quarter: bool, set: &mut PostSet) {
    let name = form.text(&format!("shift_name_{i}"));
    if name.is_empty() {
        return;
    }
    let start = rules::minute(form.typed(&format!("shift_start_{i}"))).filter(|m| *m < 1_440);
    let typed_hours = kernel::text::fold(form.typed(&format!("shift_hours_{i}")));
    let minutes = typed_hours.trim().parse::<f64>().ok().map(|h| (h * 60.0).round() as i64);
    let (Some(start_minute), Some(minutes)) = (start, minutes) else {
        form.errors.add("shift", format!("班次“{}”：开始时刻写成 08:00（整刻钟），时长写小时数，例如 8 或 7.5。", kernel::text::cut(&name, 10)));
        return;
    };
    let place = set.shifts.len() as i64;
    let id = form.optional_id::<Uuid>(&format!("shift_id_{i}")).unwrap_or_default();
    let shift_id = if id.is_nil() { placeholder(place) } else { id };
    set.shifts.push(Shift { id, post_id: set.post.id, name, code: form.text(&format!("shift_code_{i}")), start_minute, minutes, position: place });
    for t in DayType::ALL.iter().filter(|_| !by_quarter) {
        let field = format!("need_{}_{i}", t.code());
        let people = if form.typed(&field).trim().is_empty() { 0 } else { form.number(&field, "人数", 0..=40) };
        set.needs.push(Need { post_id: set.post.id, day_type: *t, shift_id: Some(shift_id), from_minute: 0, until_minute: 0, people });
    }
}

async fn keep(ctx: &Ctx, id: Option<Uuid>, mut form: Form) -> Answer {
    let set = read(&mut form, id.unwrap_or_default());
    let act = ctx.act("roster.post", Purpose::Administration, &form);
    let done = async {
        let set = form.finish(set)?;
        actions::save_post(&ctx.app, &act, set).await
    }
    .await;
    match done {
        Ok(_) => go("/roster/posts"),
        Err(Error::NotFound(what)) => Err(Error::NotFound(what).into()),
        Err(e) => show(ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /roster/posts/new`
pub async fn new(ctx: Ctx, form: Form) -> Answer {
    keep(&ctx, None, form).await
}

/// `POST /roster/posts/{id}`
pub async fn save(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = uuid(&id)?;
    keep(&ctx, Some(id), form).await
}

/// `POST /roster/posts/{id}/end`
pub async fn end(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    actions::end_post(&ctx.app, &ctx.act("roster.end_post", Purpose::Administration, &form), uuid(&id)?).await?;
    go("/roster/posts")
}
