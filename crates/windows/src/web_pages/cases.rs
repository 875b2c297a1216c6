//! 办件: take one, its papers, what was told, the decision and the papers to print.

use super::file;
use crate::actions;
use crate::model::{Case, CaseState, Channel, Delivery, Issue, NewCase, Service};
use crate::rules::catalogue::{self, Kind};
use crate::rules::permit;
use crate::store;
use crate::{paper, rules};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Date, Purpose, Reader, Uuid};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    service: String,
    ticket: String,
    booking: String,
    permit: String,
    channel: String,
}

#[derive(Template)]
#[template(path = "case_new.html")]
struct New<'a> {
    services: Vec<Service>,
    service: Option<Service>,
    kind: Option<Kind>,
    permits: Vec<(Uuid, String)>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

impl New<'_> {
    fn ticked(&self, n: impl std::borrow::Borrow<usize>) -> bool {
        self.form.has("paper", &n.borrow().to_string())
    }
}

async fn show_new(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (rules_now, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let chosen = form.optional_id::<Uuid>("service");
    let look = ctx.look("windows.take", Purpose::Window);
    let (services, permits) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let services = store::services(r, station).await?;
            let endorses = services.iter().find(|s| Some(s.id) == chosen).is_some_and(|s| catalogue::find(&rules_now, &s.kind).is_some_and(|k| k.result == "endorse"));
            let mut permits = vec![];
            if endorses {
                let months = actions::months(&rules_now, today)?;
                for p in store::permits(r, station).await?.into_iter().filter(|p| p.ended_on.is_none()) {
                    let name = people::store::person_for(r, p.person_id, true).await?.name;
                    permits.push((p.id, format!("{} {name}：{}", p.number, permit::clock(&p, months, today).words())));
                }
            }
            Ok((services, permits))
        })
        .await?;
    let service = services.iter().find(|s| Some(s.id) == chosen).cloned();
    let content = New {
        kind: service.as_ref().and_then(|s| catalogue::find(&rules_now, &s.kind)),
        services,
        service,
        permits,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("登记办件", &content).crumb("办件", "/windows/cases");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/cases/new?service=&ticket=&booking=&permit=`
pub async fn new_page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let station = ctx.who.station;
    let mut form = Form::of([("service", q.service), ("ticket", q.ticket), ("booking", q.booking), ("permit", q.permit), ("channel", q.channel)]);
    // Who comes by a booking is known already.
    if let Some(b) = form.optional_id::<Uuid>("booking") {
        let look = ctx.look("windows.take", Purpose::Window);
        let (b, name) = ctx
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                let b = store::booking(r, station, b).await?;
                let name = actions::whose(r, &b).await?.name;
                Ok((b, name))
            })
            .await?;
        form.set("reporter_name", name);
        form.set("service", b.service_id.to_string());
        form.set("channel", b.channel.code());
    }
    show_new(&ctx, &form, Again::default()).await
}

/// `POST /windows/cases/new`
pub async fn new(ctx: Ctx, mut form: Form) -> Answer {
    let act = ctx.act("windows.take", Purpose::Window, &form);
    let new = NewCase {
        service: form.id("service", "业务"),
        channel: Channel::from_code(form.typed("channel")).unwrap_or(Channel::Window),
        ticket: form.optional_id("ticket"),
        booking: form.optional_id("booking"),
        name: form.bounded("reporter_name", "姓名", 50),
        phone: form.bounded("reporter_phone", "电话", 30),
        proxy: form.text("proxy"),
        purpose: form.text("purpose"),
        there: form.every("paper").iter().filter_map(|n| n.parse().ok()).collect(),
        permit: form.optional_id("permit"),
    };
    let done = match form.finish(new) {
        Ok(new) => actions::take(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/windows/cases/{id}")),
        Err(e) => show_new(&ctx, &form, Again::from_error(e)?).await,
    }
}

#[derive(Template)]
#[template(path = "case.html")]
struct One<'a> {
    c: Case,
    kind: Option<Kind>,
    person: people::model::PersonView,
    names: Vec<(kernel::UserId, String)>,
    outputs: Vec<(String, String)>,
    permit: Option<(String, String, &'static str)>,
    deliveries: &'static [Delivery],
    today: Date,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

impl One<'_> {
    fn open(&self) -> bool {
        matches!(self.c.state, CaseState::Incomplete | CaseState::Accepted)
    }
    fn result(&self) -> &str {
        self.kind.as_ref().map_or("done", |k| k.result.as_str())
    }
    fn is_missing(&self, n: impl std::borrow::Borrow<usize>) -> bool {
        self.c.missing.0.contains(n.borrow())
    }
    fn late(&self) -> bool {
        self.open() && self.c.due.is_some_and(|d| d < self.today)
    }
    fn output(&self) -> String {
        self.outputs.iter().find(|o| o.0 == self.c.result_code).map_or(String::new(), |o| o.1.clone())
    }
    fn who(&self, id: Option<kernel::UserId>) -> String {
        self.names.iter().find(|n| Some(n.0) == id).map_or(String::new(), |n| n.1.clone())
    }
}

async fn show(ctx: &Ctx, id: Uuid, form: &Form, again: Again) -> Answer {
    let (rules_now, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let look = ctx.look("windows.case", Purpose::Window);
    let (c, person, names, permit) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let c = store::case(r, station, id).await?;
            let person = people::store::person_for(r, c.person_id, true).await?;
            let users: Vec<kernel::UserId> = [Some(c.by_user), c.decided_by, c.delivered_by].into_iter().flatten().collect();
            let permit = match c.permit_id {
                Some(p) => {
                    let p = store::permit(r, station, p).await?;
                    let clock = permit::clock(&p, actions::months(&rules_now, today)?, today);
                    Some((p.number, clock.words(), clock.badge()))
                }
                None => None,
            };
            Ok((c, person, identity::store::names(r, &users).await?, permit))
        })
        .await?;
    let content = One {
        kind: catalogue::find(&rules_now, &c.kind),
        outputs: rules_now.list(rules::cases::OUTPUTS, today).into_iter().map(|o| (o.code.clone(), o.name.clone())).collect(),
        c,
        person,
        names,
        permit,
        deliveries: Delivery::ALL,
        today,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new(content.c.name.clone(), &content).crumb("办件", "/windows/cases");
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /windows/cases/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    show(&ctx, id, &Form::default(), Again::default()).await
}

async fn done(ctx: &Ctx, id: Uuid, form: &Form, result: kernel::Result<()>) -> Answer {
    match result {
        Ok(()) => go(format!("/windows/cases/{id}")),
        Err(e) => show(ctx, id, form, Again::from_error(e)?).await,
    }
}

fn version(form: &Form) -> i64 {
    form.typed("version").parse().unwrap_or(0)
}

/// `POST /windows/cases/{id}/supplement`
pub async fn supplement(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    let there: Vec<usize> = form.every("paper").iter().filter_map(|n| n.parse().ok()).collect();
    let r = actions::supplement(&ctx.app, &ctx.act("windows.supplement", Purpose::Window, &form), id, &there, version(&form)).await;
    done(&ctx, id, &form, r).await
}

/// `POST /windows/cases/{id}/issue`
pub async fn issue(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    let act = ctx.act("windows.issue", Purpose::Window, &form);
    let i = Issue {
        statement: form.text("statement"),
        valid_until: form.optional_date("valid_until", "有效期限"),
        output: form.text("output"),
        permit_number: form.text("permit_number"),
        counted_from: form.optional_date("counted_from", "起算日"),
    };
    let v = version(&form);
    let r = match form.finish(i) {
        Ok(i) => actions::issue(&ctx.app, &act, id, v, i).await,
        Err(e) => Err(e),
    };
    done(&ctx, id, &form, r).await
}

/// `POST /windows/cases/{id}/refuse`
pub async fn refuse(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    let r = actions::refuse(&ctx.app, &ctx.act("windows.refuse", Purpose::Window, &form), id, version(&form), &form.text("why"), &form.text("instead")).await;
    done(&ctx, id, &form, r).await
}

/// `POST /windows/cases/{id}/deliver`
pub async fn deliver(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    let how = Delivery::from_code(form.typed("how"));
    if how.is_none() {
        form.errors.add("how", "请选择怎么送达。");
    }
    let act = ctx.act("windows.deliver", Purpose::Window, &form);
    let v = version(&form);
    let r = async {
        form.finish(())?;
        actions::deliver(&ctx.app, &act, id, v, how.unwrap_or(Delivery::Window)).await
    }
    .await;
    done(&ctx, id, &form, r).await
}

/// `POST /windows/cases/{id}/withdraw`
pub async fn withdraw(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    let r = actions::withdraw(&ctx.app, &ctx.act("windows.withdraw", Purpose::Window, &form), id, version(&form)).await;
    done(&ctx, id, &form, r).await
}

/// `GET /windows/cases/{id}/paper`: what the state calls for: 补正告知书, 受理回执, the certificate, or 不予办理告知书.
pub async fn paper(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: Uuid = web::page::id(&id, "这个办件")?;
    let station = ctx.who.station;
    let look = ctx.look("windows.paper", Purpose::Window);
    let (c, name, organ) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let c = store::case(r, station, id).await?;
            let name = people::store::person_for(r, c.person_id, true).await?.name;
            Ok((c, name, places::store::station(r, station).await?.name))
        })
        .await?;
    let rules_now = ctx.app.rules();
    let output = rules_now.name(rules::cases::OUTPUTS, &c.result_code).to_string();
    let data = paper::of_case(&organ, &c, &name, catalogue::find(&rules_now, &c.kind).as_ref(), &output);
    let title = data["title"].as_str().unwrap_or("办件").to_string();
    file(&format!("{title}{}", c.number), paper::pdf(data).await?)
}
