//! Registering and changing a person.

use super::{index, keep};
use crate::model::{Home, IdKind, NewPerson, PersonEdit, Secret, Sex};
use crate::store::{self, Ready};
use crate::{model::PersonRow, rules};
use kernel::error::Clash;
use kernel::{Act, App, Date, Error, FieldErrors, Permission, PersonId, Result, Tx, clock};

/// Characters of nation and domicile at most.
const MAX_TEXT: usize = 120;

/// Typed values read by the rules; numbers in plain until they are sealed under the person's id.
pub(super) struct Checked {
    pub ready: Ready,
    pub id_number: Option<String>,
    pub phone: Option<String>,
}

impl Checked {
    /// Seals the numbers under `id`.
    pub(super) fn sealed(mut self, app: &App, id: PersonId) -> Result<Ready> {
        if let Some(n) = &self.id_number {
            self.ready.id_number = Some(keep(app, id, Secret::IdNumber, n)?);
        }
        if let Some(n) = &self.phone {
            self.ready.phone = Some(keep(app, id, Secret::Phone, n)?);
        }
        Ok(self.ready)
    }
}

/// Reads what was typed. Errors stand under the field that is wrong; a missing rule refuses.
pub(super) fn check(app: &App, today: Date, new: &PersonEdit) -> Result<std::result::Result<Checked, FieldErrors>> {
    let mut e = FieldErrors::default();
    if let Some(s) = rules::name_error(&new.name) {
        e.add("name", s);
    }
    for (field, label, value) in [("ethnicity", "民族", &new.ethnicity), ("domicile", "户籍地址", &new.domicile)] {
        if value.chars().count() > MAX_TEXT {
            e.add(field, format!("{label}最多 {MAX_TEXT} 字。"));
        }
    }
    let (mut birth, mut sex) = (new.birth, new.sex.unwrap_or(Sex::Unknown));
    let mut id_number = None;
    if !new.id_number.trim().is_empty() {
        match rules::document(new.id_kind, &new.id_number, today) {
            Err(s) => e.add("id_number", s),
            Ok(facts) => {
                if let (Some(typed), Some(read)) = (birth, facts.birth)
                    && typed != read
                {
                    e.add("birth", format!("出生日期与证件号码不符：证件号码中为 {read}。"));
                }
                if let (Sex::Male | Sex::Female, Some(read)) = (sex, facts.sex)
                    && sex != read
                {
                    e.add("sex", format!("性别与证件号码不符：证件号码第 17 位表示{}。", read.label()));
                }
                birth = facts.birth.or(birth);
                sex = facts.sex.unwrap_or(sex);
                id_number = Some(facts.number);
            }
        }
    }
    if birth.is_some_and(|b| b > today) {
        e.add("birth", "出生日期不能晚于今天。");
    }
    if let Some(d) = new.died_on
        && (d > today || birth.is_some_and(|b| d < b))
    {
        e.add("died_on", "死亡日期不能早于出生日期，也不能晚于今天。");
    }
    let phone = rules::phone(&new.phone).unwrap_or_else(|s| {
        e.add("phone", s);
        None
    });
    if !e.is_empty() {
        return Ok(Err(e));
    }
    let adult_on = match birth {
        Some(b) => rules::adult_on(b, app.rules().int("minor.age_below", today)?),
        None => None,
    };
    let id_kind = new.id_kind;
    Ok(Ok(Checked {
        ready: Ready {
            name: rules::name(&new.name),
            sex,
            ethnicity: kernel::text::clean(&new.ethnicity),
            birth,
            adult_on,
            minor_told: false,
            id_kind,
            id_number: None,
            phone: None,
            kind: new.kind,
            contact: false,
            protected: new.protected,
            domicile: kernel::text::clean(&new.domicile),
            pending_place: String::new(),
            died_on: new.died_on,
        },
        id_number,
        phone,
    }))
}

impl NewPerson {
    pub(super) fn values(&self) -> PersonEdit {
        PersonEdit {
            name: self.name.clone(),
            sex: self.sex,
            ethnicity: self.ethnicity.clone(),
            birth: self.birth,
            id_kind: self.id_kind,
            id_number: self.id_number.clone(),
            phone: self.phone.clone(),
            kind: Some(self.kind),
            protected: self.protected,
            domicile: self.domicile.clone(),
            died_on: None,
        }
    }
}

fn taken() -> Error {
    FieldErrors::one("id_number", "本所已登记过持有这个证件的人员。请在“人员”中按证件号码查找，修改已有的登记。")
}

/// Registers a person, with the address when one is given.
/// Errors: wrong fields; a document that the station has already; an address of another station.
pub async fn register(app: &App, act: &Act, new: NewPerson) -> Result<PersonId> {
    act.actor.must(Permission::PeopleEdit)?;
    act.actor.must_reach("派出所", new.station)?;
    let act = act.clone().in_station(new.station);
    let checked = check(app, clock::day_of(act.at), &new.values())?.map_err(Error::Invalid)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let id: PersonId = tx.fresh();
            insert(app, tx, id, &new, checked).await?;
            tx.record("people.register", &[("person", id.0)], "");
            Ok(id)
        })
        .await
}

/// The same inside a command that records it.
pub(super) async fn insert(app: &App, tx: &mut Tx, id: PersonId, new: &NewPerson, checked: Checked) -> Result<()> {
    let ready = checked.sealed(app, id)?;
    if store::insert(tx, new.station, id, &ready).await? == 0 {
        return Err(taken());
    }
    if let Some(home) = &new.home {
        settle(tx, new.station, id, home).await?;
    }
    index(tx, new.station, id).await?;
    tx.emit("people.registered", id);
    Ok(())
}

/// Writes a home after checking that it lies in the station; an open one ends the day before.
pub(super) async fn settle(tx: &mut Tx, station: kernel::StationId, id: PersonId, home: &Home) -> Result<()> {
    if places::store::address(tx, home.address).await?.station_id != station {
        return Err(Error::NotFound("地址"));
    }
    if let Some((_, address, from)) = store::open_home(tx, id).await? {
        if address == home.address {
            return Err(FieldErrors::one("address", "此人已登记在这个地址。"));
        }
        if home.from < from {
            return Err(FieldErrors::one("from", format!("迁入日期不能早于现住址的起始日期 {from}。")));
        }
        store::end_homes(tx, id, home.from.yesterday().unwrap_or(home.from)).await?;
    }
    let home_id = tx.fresh();
    store::insert_home(tx, station, id, home_id, home).await
}

/// Changes a person. Empty numbers stay as they are.
/// Errors: wrong fields, cleared person, [`Error::Conflict`] when it is no longer at `version`.
pub async fn edit(app: &App, act: &Act, id: PersonId, version: i64, new: PersonEdit) -> Result<()> {
    act.actor.must(Permission::PeopleEdit)?;
    let checked = check(app, clock::day_of(act.at), &new)?.map_err(Error::Invalid)?;
    let ready = checked.sealed(app, id)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let now = store::own(tx, id).await?;
            tx.saw("person", id);
            if now.erased_at.is_some() {
                return Err(super::household::erased());
            }
            if rules::hidden(&now, tx.act().actor.role, clock::day_of(tx.now()), false).is_some() {
                return Err(Error::Forbidden("此人的身份受保护，请由办理该事项的民警修改。".into()));
            }
            if let Some(k) = &ready.id_number
                && store::id_taken(tx, now.station_id, id, k.blind).await?.is_some()
            {
                return Err(taken());
            }
            let ready = Ready { id_kind: kept_kind(&now, &ready), ..ready };
            if now.version != version || store::update(tx, id, version, &ready).await? == 0 {
                return Err(Error::Conflict(clashes(&ready, &now)));
            }
            index(tx, now.station_id, id).await?;
            tx.record("people.edit", &[("person", id.0)], &format!("{}", version + 1));
            tx.emit("people.changed", id);
            Ok(())
        })
        .await
}

/// Without a new number the kind of document stays what it was.
fn kept_kind(now: &PersonRow, ready: &Ready) -> IdKind {
    if ready.id_number.is_some() || now.id_tail.is_empty() { ready.id_kind } else { now.id_kind }
}

fn clashes(mine: &Ready, now: &PersonRow) -> Vec<Clash> {
    let date = |d: &Option<Date>| d.map_or(String::new(), |d| d.to_string());
    let flag = |b: bool| if b { "1" } else { "" }.to_string();
    let kind = |k: &Option<crate::model::PersonKind>| k.map_or(String::new(), |k| k.code().to_string());
    [
        ("name", "姓名", mine.name.clone(), now.name.clone()),
        ("sex", "性别", mine.sex.code().into(), now.sex.code().into()),
        ("ethnicity", "民族", mine.ethnicity.clone(), now.ethnicity.clone()),
        ("birth", "出生日期", date(&mine.birth), date(&now.birth)),
        ("id_kind", "证件种类", mine.id_kind.code().into(), now.id_kind.code().into()),
        ("kind", "人口类别", kind(&mine.kind), kind(&now.kind)),
        ("protected", "身份保护", flag(mine.protected), flag(now.protected)),
        ("domicile", "户籍地址", mine.domicile.clone(), now.domicile.clone()),
        ("died_on", "死亡日期", date(&mine.died_on), date(&now.died_on)),
    ]
    .into_iter()
    .filter(|(_, _, mine, theirs)| mine != theirs)
    .map(|(field, label, mine, theirs)| Clash { field: field.into(), label: label.into(), mine, theirs })
    .collect()
}
