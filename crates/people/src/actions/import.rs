//! One row of a register file, inside the importer's command.

use super::register::{check, insert, settle};
use super::{blind_id_number, index, keep};
use crate::model::{Home, IdKind, NewPerson, Outcome, PersonKind, RegisterRow, Relation, Secret, Sex};
use crate::store;
use kernel::{AddressId, App, Date, Error, FieldErrors, PersonId, Result, Tx, clock, text};

/// A code or a Chinese name of an enum, or the part of it before a bracket ("户籍" for "户籍（常住）").
fn pick<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str, label: impl Fn(T) -> &'static str, typed: &str) -> Option<T> {
    let typed = text::fold(typed);
    let typed = typed.trim();
    all.iter().copied().find(|v| {
        let l = label(*v);
        code(*v) == typed || text::fold(l) == typed || l.split(['（', '、']).any(|p| p.trim_end_matches('）') == typed)
    })
}

fn sex_of(typed: &str) -> Option<Sex> {
    match typed.trim() {
        "男性" | "1" => Some(Sex::Male),
        "女性" | "2" => Some(Sex::Female),
        t => pick(Sex::ALL, Sex::code, Sex::label, t),
    }
}

fn date(errors: &mut FieldErrors, field: &str, label: &str, typed: &str) -> Option<Date> {
    if typed.trim().is_empty() {
        return None;
    }
    let read = web::form::parse_date(typed);
    if read.is_none() {
        errors.add(field, format!("{label}“{}”不是有效日期，请写成 2026-05-08。", text::cut(typed, 20)));
    }
    read
}

struct Cells {
    new: NewPerson,
    relation: Relation,
    from: Date,
}

fn cells(station: kernel::StationId, row: &RegisterRow, today: Date) -> std::result::Result<Cells, FieldErrors> {
    let mut e = FieldErrors::default();
    let mut unknown = |field: &str, label: &str, typed: &str| {
        e.add(field, format!("{label}“{}”不认识，请改用页面上的名称。", text::cut(typed.trim(), 20)));
    };
    let id_kind = match row.id_kind.trim() {
        "" if row.id_number.trim().is_empty() => IdKind::None,
        "" | "身份证" => IdKind::Resident,
        t => pick(IdKind::ALL, IdKind::code, IdKind::label, t).unwrap_or_else(|| {
            unknown("id_kind", "证件种类", t);
            IdKind::None
        }),
    };
    let kind = match row.kind.trim() {
        "" if matches!(id_kind, IdKind::Passport | IdKind::ForeignPermanent | IdKind::HongKongMacao | IdKind::Taiwan) => PersonKind::Foreign,
        "" => PersonKind::Domicile,
        t => pick(PersonKind::ALL, PersonKind::code, PersonKind::label, t).unwrap_or_else(|| {
            unknown("kind", "人口类别", t);
            PersonKind::Domicile
        }),
    };
    let sex = match row.sex.trim() {
        "" => None,
        t => sex_of(t).or_else(|| {
            unknown("sex", "性别", t);
            None
        }),
    };
    let relation = match row.relation.trim() {
        "" => Relation::Other,
        "本人" => Relation::Head,
        t => pick(Relation::ALL, Relation::code, Relation::label, t).unwrap_or(Relation::Other),
    };
    let birth = date(&mut e, "birth", "出生日期", &row.birth);
    let from = date(&mut e, "from", "迁入日期", &row.from).unwrap_or(today);
    if !e.is_empty() {
        return Err(e);
    }
    Ok(Cells {
        new: NewPerson {
            station,
            name: row.name.clone(),
            sex,
            ethnicity: row.ethnicity.clone(),
            birth,
            id_kind,
            id_number: row.id_number.clone(),
            phone: row.phone.clone(),
            kind,
            protected: false,
            domicile: row.domicile.clone(),
            home: None,
        },
        relation,
        from,
    })
}

/// Whether the cells of a row can be read and are a person; what an import's preview asks. Writes nothing.
pub fn judge_row(app: &App, station: kernel::StationId, row: &RegisterRow) -> Result<std::result::Result<(), FieldErrors>> {
    let today = clock::day_of(app.now());
    Ok(match cells(station, row, today) {
        Ok(c) => check(app, today, &c.new.values())?.map(|_| ()),
        Err(e) => Err(e),
    })
}

/// Takes one row of a register into the station of the command. A known document is brought up to
/// date, another person is added; an address that nobody knows is kept as 待定位.
/// The inner error names the cells that are wrong; nothing was written then and the command can go on.
pub async fn import_row(app: &App, tx: &mut Tx, row: &RegisterRow) -> Result<std::result::Result<Outcome, FieldErrors>> {
    tx.act().actor.must(kernel::Permission::PeopleEdit)?;
    let station = tx.act().station;
    let today = clock::day_of(tx.now());
    let Cells { mut new, relation, from } = match cells(station, row, today) {
        Ok(c) => c,
        Err(e) => return Ok(Err(e)),
    };
    let mut checked = match check(app, today, &new.values())? {
        Ok(c) => c,
        Err(e) => return Ok(Err(e)),
    };
    let place = text::clean(&row.address);
    let address: Option<AddressId> =
        if place.is_empty() { None } else { places::locate(tx, station, &place).await?.address };
    let pending = if address.is_none() { text::cut(&place, 200) } else { String::new() };
    let home = address.map(|address| Home { address, from, relation });
    if let Some(number) = &checked.id_number {
        let blind = blind_id_number(app, number);
        if let Some(known) = store::id_taken(tx, station, PersonId::NIL, blind).await? {
            if let Some(n) = &checked.phone {
                store::set_phone(tx, known, &keep(app, known, Secret::Phone, n)?).await?;
            }
            store::refresh(tx, known, Some(new.kind), &pending).await?;
            let moved = match home {
                Some(home) => settle(tx, station, known, &home).await,
                None => Ok(()),
            };
            match moved {
                // Already there, or a later home is known: what stands is kept.
                Ok(()) | Err(Error::Invalid(_)) => {}
                Err(other) => return Err(other),
            }
            index(tx, station, known).await?;
            tx.record("people.import", &[("person", known.0)], "");
            return Ok(Ok(Outcome::Updated { person: known, located: address.is_some() }));
        }
    }
    checked.ready.pending_place = pending;
    new.home = home;
    let id: PersonId = tx.fresh();
    insert(app, tx, id, &new, checked).await?;
    tx.record("people.import", &[("person", id.0)], "");
    Ok(Ok(Outcome::Added { person: id, located: address.is_some() }))
}
