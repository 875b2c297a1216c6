//! `/people/{id}`: masked values, opening one with a purpose, homes, holds.

use crate::model::{Hold, Home, PersonView, Relation, Secret};
use crate::{PERSON_SLOT, actions, store};
use askama::Template;
use axum::extract::Path;
use kernel::{AddressId, CommandId, Date, Permission, PersonId, Purpose, Reader};
use web::page::{Again, go, id};
use web::{Answer, Ctx, Form, Page};

struct HomeLine {
    line: String,
    relation: Relation,
    from: Date,
    until: Option<Date>,
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct View {
    p: PersonView,
    homes: Vec<HomeLine>,
    holds: Vec<Hold>,
    /// `(what, value)` that was just opened.
    opened: Option<(Secret, String)>,
    purposes: &'static [Purpose],
    relations: &'static [Relation],
    may_reveal: bool,
    may_edit: bool,
    more: String,
    form: Form,
    again: Again,
    command_id: CommandId,
}

async fn view(ctx: &Ctx, person: PersonId, form: Form, again: Again) -> kernel::Result<View> {
    let look = ctx.look("people.person", Purpose::Verify);
    let (p, homes, holds) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let p = store::person_of_register(r, person).await?;
            let mut homes = vec![];
            if p.hidden.is_none() {
                for h in store::residences(r, person).await? {
                    homes.push(HomeLine {
                        line: places::store::address_line(r, h.address_id).await?,
                        relation: h.relation,
                        from: h.from_day,
                        until: h.until_day,
                    });
                }
            }
            let holds = store::holds(r, person).await?;
            Ok((p, homes, holds))
        })
        .await?;
    let open = p.hidden.is_none();
    Ok(View {
        homes,
        holds,
        opened: None,
        purposes: actions::PURPOSES,
        relations: Relation::ALL,
        may_reveal: open && ctx.may(Permission::PeopleReveal),
        may_edit: open && ctx.may(Permission::PeopleEdit),
        more: ctx.site.fill(PERSON_SLOT, &ctx.who, person.0).await?,
        form,
        again,
        command_id: ctx.command_id(),
        p,
    })
}

fn framed(v: &View) -> Page {
    let page = Page::new(v.p.name.clone(), v).crumb("人员", "/people");
    if v.may_edit { page.action("修改", format!("/people/{}/edit", v.p.id)) } else { page }
}

/// `GET /people/{id}`
pub async fn page(ctx: Ctx, Path(path): Path<String>) -> Answer {
    framed(&view(&ctx, id(&path, "人员")?, Form::default(), Again::default()).await?).show(&ctx)
}

/// `POST /people/{id}/reveal`: shows the value once, on this answer only.
pub async fn reveal(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let person: PersonId = id(&path, "人员")?;
    let field = Secret::from_code(form.typed("field"));
    let purpose = Purpose::from_code(form.typed("purpose"));
    if field.is_none() {
        form.errors.add("field", "请选择要查看的内容。");
    }
    if purpose.is_none() {
        form.errors.add("purpose", "请选择查看的目的。");
    }
    let act = ctx.act("people.reveal", Purpose::Verify, &form);
    let done = match (form.finish(()), field, purpose) {
        (Ok(()), Some(field), Some(purpose)) => {
            actions::reveal(&ctx.app, &act, person, field, purpose).await.map(|value| (field, value))
        }
        (Err(e), ..) => Err(e),
        _ => Err(kernel::Error::NotFound("人员")),
    };
    match done {
        Ok(opened) => {
            let mut v = view(&ctx, person, form, Again::default()).await?;
            v.opened = Some(opened);
            framed(&v).show(&ctx)
        }
        Err(e) => {
            let again = Again::from_error(e)?;
            framed(&view(&ctx, person, form, again).await?).again().show(&ctx)
        }
    }
}

async fn answer(ctx: &Ctx, person: PersonId, form: Form, done: kernel::Result<()>) -> Answer {
    match done {
        Ok(()) => go(format!("/people/{person}")),
        Err(e) => {
            let again = Again::from_error(e)?;
            framed(&view(ctx, person, form, again).await?).again().show(ctx)
        }
    }
}

/// Finds the address of a form: the picked id, else the typed text when it names one household.
pub(crate) async fn address_in(ctx: &Ctx, form: &mut Form) -> kernel::Result<Option<AddressId>> {
    if let Some(id) = form.optional_id("address_id") {
        return Ok(Some(id));
    }
    let typed = form.bounded("address", "地址", 200);
    if typed.is_empty() {
        return Ok(None);
    }
    let look = ctx.look("people.locate", Purpose::HomeVisit);
    let found = ctx.app.db().read(&look, async |r: &mut Reader| places::locate(r, ctx.who.station, &typed).await).await?;
    if found.address.is_none() {
        form.errors.add("address", format!("没有找到这一户（{}）。请从提示列表中选择，或先在“地址”中登记。", found.confidence.label()));
    }
    Ok(found.address)
}

/// `POST /people/{id}/move`: into an address, or out (`out=1`).
pub async fn move_in(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let person: PersonId = id(&path, "人员")?;
    let from = form.date("from", "日期");
    let act = ctx.act("people.move", Purpose::HomeVisit, &form);
    let done = async {
        if form.yes("out") {
            form.finish(())?;
            return actions::move_out(&ctx.app, &act, person, from).await;
        }
        let address = address_in(&ctx, &mut form).await?;
        if address.is_none() && form.errors.of("address").is_empty() {
            form.errors.add("address", "请填写迁入地址。");
        }
        let relation = Relation::from_code(form.typed("relation")).unwrap_or(Relation::Other);
        match (form.finish(()), address) {
            (Ok(()), Some(address)) => actions::move_in(&ctx.app, &act, person, Home { address, from, relation }).await,
            (Err(e), _) => Err(e),
            (Ok(()), None) => Err(kernel::Error::NotFound("地址")),
        }
    }
    .await;
    answer(&ctx, person, form, done).await
}

/// `POST /people/{id}/hold`
pub async fn hold(ctx: Ctx, Path(path): Path<String>, form: Form) -> Answer {
    let person: PersonId = id(&path, "人员")?;
    let act = ctx.act("people.hold", Purpose::Administration, &form);
    let done = actions::hold(&ctx.app, &act, person, form.typed("reason")).await.map(|_| ());
    answer(&ctx, person, form, done).await
}

/// `POST /people/{id}/release`
pub async fn release(ctx: Ctx, Path(path): Path<String>, form: Form) -> Answer {
    let person: PersonId = id(&path, "人员")?;
    let act = ctx.act("people.release", Purpose::Administration, &form);
    let done = match form.optional_id("hold") {
        Some(hold) => actions::release(&ctx.app, &act, person, hold, form.typed("reason")).await,
        None => Err(kernel::Error::NotFound("保留措施")),
    };
    answer(&ctx, person, form, done).await
}
