//! `GET /people`: the register; `POST /people/find`: by exact number (posted, so that no number
//! stands in an address or a log).

use crate::model::{IdKind, PersonKind, PersonView};
use crate::{actions, rules, store};
use askama::Template;
use axum::extract::Query;
use kernel::{CommandId, Error, FieldErrors, Permission, Purpose, Reader, StationId};
use serde::Deserialize;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// The query form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Filter {
    name: String,
    kind: String,
    contact: String,
    pending: String,
    before: String,
}

#[derive(Template)]
#[template(path = "people/register.html")]
struct Register {
    f: Filter,
    form: Form,
    again: Again,
    kinds: &'static [PersonKind],
    id_kinds: &'static [IdKind],
    purposes: &'static [Purpose],
    people: Vec<PersonView>,
    /// The link to the next page.
    next: Option<String>,
    /// The list is the answer to a number, not to the query form.
    found: bool,
    may_find: bool,
    command_id: CommandId,
}

fn view(ctx: &Ctx, f: Filter, people: Vec<PersonView>) -> Register {
    Register {
        f,
        form: Form::default(),
        again: Again::default(),
        kinds: PersonKind::ALL,
        id_kinds: IdKind::ALL,
        purposes: actions::PURPOSES,
        people,
        next: None,
        found: false,
        may_find: ctx.may(Permission::PeopleReveal),
        command_id: ctx.command_id(),
    }
}

fn framed(ctx: &Ctx, view: &Register) -> Page {
    let page = Page::new("人员", view);
    if ctx.may(Permission::PeopleEdit) { page.action("登记人员", "/people/new") } else { page }
}

/// `GET /people`
pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    let query = store::Query {
        name: rules::name(&f.name),
        kind: PersonKind::from_code(&f.kind),
        contact: match f.contact.as_str() {
            "1" => Some(true),
            "all" => None,
            _ => Some(false),
        },
        pending: f.pending == "1",
        address: None,
        before: f.before.parse().ok(),
        station: None,
        unprotected: false,
    };
    let look = ctx.look("people.register_page", Purpose::HomeVisit);
    let (people, next) = ctx.app.db().read(&look, async |r: &mut Reader| store::register(r, &query).await).await?;
    let mut view = view(&ctx, f, people);
    view.next = next.map(|id| {
        let before = id.to_string();
        let pairs = [("name", &view.f.name), ("kind", &view.f.kind), ("contact", &view.f.contact), ("pending", &view.f.pending), ("before", &before)];
        format!("/people?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
    });
    framed(&ctx, &view).show(&ctx)
}

/// `POST /people/find`
pub async fn find(ctx: Ctx, mut form: Form) -> Answer {
    let number = form.required("number", "证件号码或电话", 40);
    let kind = form.text("number_kind");
    let purpose = Purpose::from_code(form.typed("purpose")).filter(|p| actions::PURPOSES.contains(p));
    if purpose.is_none() {
        form.errors.add("purpose", "请选择查询目的。");
    }
    let found = async {
        form.finish(())?;
        let station = own_station(&ctx)?;
        let mut act = ctx.look("people.find", purpose.unwrap_or(Purpose::Verify));
        act.station = station;
        let wrong = |s| FieldErrors::one("number", s);
        if kind == "phone" {
            let phone = rules::phone(&number).map_err(wrong)?.ok_or_else(|| wrong("请填写电话。".to_string()))?;
            let blind = actions::blind_phone(&ctx.app, &phone);
            return ctx.app.db().read(&act, async |r: &mut Reader| store::find_by_phone(r, station, blind).await).await;
        }
        let kind = IdKind::from_code(&kind).unwrap_or(IdKind::Resident);
        let facts = rules::document(kind, &number, ctx.app.today()).map_err(wrong)?;
        let blind = actions::blind_id_number(&ctx.app, &facts.number);
        ctx.app
            .db()
            .read(&act, async |r: &mut Reader| Ok(store::find_by_id_number(r, station, blind).await?.into_iter().collect()))
            .await
    }
    .await;
    let mut shown = view(&ctx, Filter::default(), vec![]);
    shown.form = form;
    shown.found = true;
    match found {
        Ok(people) => {
            shown.people = people;
            framed(&ctx, &shown).show(&ctx)
        }
        Err(e) => {
            shown.again = Again::from_error(e)?;
            framed(&ctx, &shown).again().show(&ctx)
        }
    }
}

fn own_station(ctx: &Ctx) -> kernel::Result<StationId> {
    if ctx.who.station.is_nil() {
        return Err(Error::Forbidden("按号码查找须以派出所账号办理。".into()));
    }
    Ok(ctx.who.station)
}
