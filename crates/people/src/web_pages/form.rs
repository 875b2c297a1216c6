//! `/people/new` and `/people/{id}/edit`, with the comparison when two people edit one person.

use super::person::address_in;
use crate::model::{Home, IdKind, NewPerson, PersonEdit, PersonKind, PersonView, Relation, Sex};
use crate::{actions, store};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use kernel::{CommandId, Error, PersonId, Purpose, Reader};
use web::page::{Again, go, id};
use web::{Answer, Ctx, Failure, Form, Page};

/// One field in conflict: both values, a person picks.
struct Pick {
    field: String,
    label: String,
    mine: String,
    mine_shown: String,
    theirs: String,
    theirs_shown: String,
}

#[derive(Template)]
#[template(path = "people/form.html")]
struct PersonForm {
    path: String,
    /// Where 返回 leads.
    back: String,
    is_new: bool,
    sexes: &'static [Sex],
    id_kinds: &'static [IdKind],
    kinds: &'static [PersonKind],
    relations: &'static [Relation],
    form: Form,
    again: Again,
    picks: Vec<Pick>,
    command_id: CommandId,
}

impl PersonForm {
    /// A field in conflict is picked above, not typed again.
    fn picked(&self, field: &str) -> bool {
        self.picks.iter().any(|p| p.field == field)
    }
}

fn shown(field: &str, value: &str) -> String {
    let label = match field {
        "sex" => Sex::from_code(value).map(Sex::label),
        "id_kind" => IdKind::from_code(value).map(IdKind::label),
        "kind" => PersonKind::from_code(value).map(PersonKind::label),
        "protected" => Some(if value.is_empty() { "不保护" } else { "保护" }),
        _ if value.is_empty() => Some("（空）"),
        _ => None,
    };
    label.map_or_else(|| value.to_string(), str::to_string)
}

fn page(ctx: &Ctx, person: Option<PersonId>, form: Form, error: Option<Error>) -> Result<(PersonForm, StatusCode), Failure> {
    let (again, clashes, status) = match error {
        None => (Again::default(), vec![], StatusCode::OK),
        Some(Error::Conflict(list)) => (Again::default(), list, StatusCode::CONFLICT),
        Some(other) => (Again::from_error(other)?, vec![], StatusCode::UNPROCESSABLE_ENTITY),
    };
    let picks = clashes
        .into_iter()
        .map(|c| Pick {
            mine_shown: shown(&c.field, &c.mine),
            theirs_shown: shown(&c.field, &c.theirs),
            field: c.field,
            label: c.label,
            mine: c.mine,
            theirs: c.theirs,
        })
        .collect();
    let view = PersonForm {
        path: person.map_or_else(|| "/people/new".into(), |id| format!("/people/{id}/edit")),
        back: person.map_or_else(|| "/people".into(), |id| format!("/people/{id}")),
        is_new: person.is_none(),
        sexes: Sex::ALL,
        id_kinds: IdKind::ALL,
        kinds: PersonKind::ALL,
        relations: Relation::ALL,
        form,
        again,
        picks,
        command_id: ctx.command_id(),
    };
    Ok((view, status))
}

fn read(form: &mut Form) -> PersonEdit {
    let id_kind = IdKind::from_code(form.typed("id_kind"));
    if id_kind.is_none() {
        form.errors.add("id_kind", "请选择证件种类。");
    }
    PersonEdit {
        name: form.required("name", "姓名", 50),
        sex: Sex::from_code(form.typed("sex")).filter(|s| *s != Sex::Unknown),
        ethnicity: form.bounded("ethnicity", "民族", 30),
        birth: form.optional_date("birth", "出生日期"),
        id_kind: id_kind.unwrap_or(IdKind::None),
        id_number: form.bounded("id_number", "证件号码", 40),
        phone: form.bounded("phone", "电话", 30),
        kind: PersonKind::from_code(form.typed("kind")),
        protected: form.yes("protected"),
        domicile: form.bounded("domicile", "户籍地址", 120),
        died_on: form.optional_date("died_on", "死亡日期"),
    }
}

/// `GET /people/new`
pub async fn new(ctx: Ctx) -> Answer {
    let form = Form::of([("id_kind", "resident_id"), ("kind", "domicile"), ("from", ctx.app.today().to_string().as_str())]);
    let (view, _) = page(&ctx, None, form, None)?;
    Page::new("登记人员", &view).crumb("人员", "/people").show(&ctx)
}

/// `POST /people/new`
pub async fn add(ctx: Ctx, mut form: Form) -> Answer {
    let typed = read(&mut form);
    let kind = typed.kind;
    if kind.is_none() {
        form.errors.add("kind", "请选择人口类别。");
    }
    let from = form.optional_date("from", "迁入日期").unwrap_or(ctx.app.today());
    let relation = Relation::from_code(form.typed("relation")).unwrap_or(Relation::Other);
    let act = ctx.act("people.register", Purpose::HomeVisit, &form);
    let done = async {
        let address = address_in(&ctx, &mut form).await?;
        form.finish(())?;
        let new = NewPerson {
            station: ctx.who.station,
            name: typed.name,
            sex: typed.sex,
            ethnicity: typed.ethnicity,
            birth: typed.birth,
            id_kind: typed.id_kind,
            id_number: typed.id_number,
            phone: typed.phone,
            kind: kind.unwrap_or(PersonKind::Domicile),
            protected: typed.protected,
            domicile: typed.domicile,
            home: address.map(|address| Home { address, from, relation }),
        };
        actions::register(&ctx.app, &act, new).await
    }
    .await;
    match done {
        Ok(person) => go(format!("/people/{person}")),
        Err(e) => {
            let (view, status) = page(&ctx, None, form, Some(e))?;
            Page::new("登记人员", &view).crumb("人员", "/people").status(status).show(&ctx)
        }
    }
}

async fn person(ctx: &Ctx, id: PersonId) -> kernel::Result<PersonView> {
    let look = ctx.look("people.edit_form", Purpose::Verify);
    let p = ctx.app.db().read(&look, async |r: &mut Reader| store::person_of_register(r, id).await).await?;
    match p.hidden {
        Some(why) => Err(Error::Forbidden(format!("此人为{}，“{}”不能修改其登记。", why.label(), ctx.who.role.label()))),
        None => Ok(p),
    }
}

/// `GET /people/{id}/edit`
pub async fn edit(ctx: Ctx, Path(path): Path<String>) -> Answer {
    let p = person(&ctx, id(&path, "人员")?).await?;
    let date = |d: Option<kernel::Date>| d.map_or(String::new(), |d| d.to_string());
    let form = Form::of([
        ("version", p.version.to_string()),
        ("name", p.name.clone()),
        ("sex", p.sex.code().to_string()),
        ("ethnicity", p.ethnicity.clone()),
        ("birth", date(p.birth)),
        ("id_kind", p.id_kind.code().to_string()),
        ("kind", p.kind.map_or(String::new(), |k| k.code().to_string())),
        ("protected", if p.protected { "1".into() } else { String::new() }),
        ("domicile", p.domicile.clone()),
        ("died_on", date(p.died_on)),
    ]);
    let (view, _) = page(&ctx, Some(p.id), form, None)?;
    Page::new(format!("修改{}", p.name), &view).crumb("人员", "/people").show(&ctx)
}

/// `POST /people/{id}/edit`
pub async fn save(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let p = person(&ctx, id(&path, "人员")?).await?;
    let typed = read(&mut form);
    let version = form.number("version", "版本", 1..=i64::MAX);
    let act = ctx.act("people.edit", Purpose::HomeVisit, &form).in_station(p.station);
    let done = match form.finish(()) {
        Ok(()) => actions::edit(&ctx.app, &act, p.id, version, typed).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/people/{}", p.id)),
        Err(e) => {
            if matches!(e, Error::Conflict(_)) {
                form.set("version", p.version.to_string());
            }
            let (view, status) = page(&ctx, Some(p.id), form, Some(e))?;
            Page::new(format!("修改{}", p.name), &view).crumb("人员", "/people").status(status).show(&ctx)
        }
    }
}
