//! What changes persons.

use crate::model::{Home, IdKind, PersonKind, Sex};
use kernel::{AddressId, Date, PersonId, Reader, Result, StationId, Tx, Uuid, args, sql};

/// A number ready to be stored.
#[derive(Clone, Debug)]
pub struct Kept {
    pub sealed: Vec<u8>,
    pub blind: [u8; 16],
    pub tail: String,
}

/// A row ready to be stored.
#[derive(Clone, Debug)]
pub struct Ready {
    pub name: String,
    pub sex: Sex,
    pub ethnicity: String,
    pub birth: Option<Date>,
    pub adult_on: Option<Date>,
    pub minor_told: bool,
    pub id_kind: IdKind,
    pub id_number: Option<Kept>,
    pub phone: Option<Kept>,
    pub kind: Option<PersonKind>,
    pub contact: bool,
    pub protected: bool,
    pub domicile: String,
    pub pending_place: String,
    pub died_on: Option<Date>,
}

fn parts(k: &Option<Kept>) -> (Option<Vec<u8>>, Option<Vec<u8>>, String) {
    match k {
        Some(k) => (Some(k.sealed.clone()), Some(k.blind.to_vec()), k.tail.clone()),
        None => (None, None, String::new()),
    }
}

/// 0 when somebody in the station has the same document.
pub async fn insert(tx: &mut Tx, station: StationId, id: PersonId, p: &Ready) -> Result<u64> {
    let now = tx.now();
    let (id_sealed, id_blind, id_tail) = parts(&p.id_number);
    let (phone_sealed, phone_blind, phone_tail) = parts(&p.phone);
    tx.exec(
        sql!("insert into people_person (station_id, id, name, sex, ethnicity, birth, adult_on, minor_told, id_kind, id_sealed, id_blind, id_tail, phone_sealed, phone_blind, phone_tail, kind, contact, protected, domicile, pending_place, died_on, last_used_at, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22, 1) on conflict (station_id, id_blind) do nothing"),
        args![
            station, id, &p.name, p.sex, &p.ethnicity, p.birth, p.adult_on, p.minor_told, p.id_kind, id_sealed, id_blind,
            id_tail, phone_sealed, phone_blind, phone_tail, p.kind, p.contact, p.protected, &p.domicile, &p.pending_place,
            p.died_on, now
        ],
    )
    .await
}

/// Changes a person if still at `version`; numbers that are `None` stay. 0 when somebody was faster.
pub async fn update(tx: &mut Tx, id: PersonId, version: i64, p: &Ready) -> Result<u64> {
    let now = tx.now();
    let done = tx
        .exec(
            sql!("update people_person set name = $3, sex = $4, ethnicity = $5, birth = $6, adult_on = $7, id_kind = $8, kind = $9, contact = $10, protected = $11, domicile = $12, died_on = $13, last_used_at = $14, version = version + 1 where id = $1 and version = $2 and erased_at is null"),
            args![id, version, &p.name, p.sex, &p.ethnicity, p.birth, p.adult_on, p.id_kind, p.kind, p.contact, p.protected, &p.domicile, p.died_on, now],
        )
        .await?;
    if done == 1 {
        if let Some(k) = &p.id_number {
            set_id_number(tx, id, p.id_kind, k).await?;
        }
        if let Some(k) = &p.phone {
            set_phone(tx, id, k).await?;
        }
    }
    Ok(done)
}

async fn set_id_number(tx: &mut Tx, id: PersonId, kind: IdKind, k: &Kept) -> Result<()> {
    tx.exec_one(
        "人员",
        sql!("update people_person set id_kind = $2, id_sealed = $3, id_blind = $4, id_tail = $5 where id = $1"),
        args![id, kind, k.sealed.clone(), k.blind, &k.tail],
    )
    .await
}

pub async fn set_phone(tx: &mut Tx, id: PersonId, k: &Kept) -> Result<()> {
    tx.exec_one(
        "人员",
        sql!("update people_person set phone_sealed = $2, phone_blind = $3, phone_tail = $4 where id = $1"),
        args![id, k.sealed.clone(), k.blind, &k.tail],
    )
    .await
}

/// Whether another person of the station has this document.
pub async fn id_taken(tx: &mut Tx, station: StationId, id: PersonId, blind: [u8; 16]) -> Result<Option<PersonId>> {
    tx.rows(
        sql!("select id from people_person where station_id = $1 and id_blind = $2 and id <> $3"),
        args![station, blind, id],
    )
    .await?
    .first()
    .map(|x| x.get("id"))
    .transpose()
}

/// A contact with the same name and phone, to be used again.
pub async fn same_contact(tx: &mut Tx, station: StationId, name: &str, phone_blind: [u8; 16]) -> Result<Option<PersonId>> {
    tx.rows(
        sql!("select id from people_person where station_id = $1 and phone_blind = $2 and name = $3 and erased_at is null order by contact, id limit 1"),
        args![station, phone_blind, name],
    )
    .await?
    .first()
    .map(|x| x.get("id"))
    .transpose()
}

/// The person was part of a matter again: the clearing period starts anew; secrecy is only added.
pub async fn used_again(tx: &mut Tx, id: PersonId, protected: bool, minor: bool) -> Result<()> {
    let now = tx.now();
    tx.exec_one(
        "人员",
        sql!("update people_person set last_used_at = $2, protected = (protected or $3), minor_told = (minor_told or $4) where id = $1 and erased_at is null"),
        args![id, now, protected, minor],
    )
    .await
}

/// What an import brings up to date on a known person.
pub async fn refresh(tx: &mut Tx, id: PersonId, kind: Option<PersonKind>, pending_place: &str) -> Result<()> {
    let now = tx.now();
    tx.exec_one(
        "人员",
        sql!("update people_person set kind = coalesce($2, kind), contact = false, pending_place = $3, last_used_at = $4, version = version + 1 where id = $1"),
        args![id, kind, pending_place, now],
    )
    .await
}

/// The address where the person lives with no end set.
pub async fn open_home(r: &mut Reader, id: PersonId) -> Result<Option<(Uuid, AddressId, Date)>> {
    r.rows(
        sql!("select id, address_id, from_day from people_residence where person_id = $1 and until_day is null order by from_day desc limit 1"),
        args![id],
    )
    .await?
    .first()
    .map(|x| Ok((x.get("id")?, x.get("address_id")?, x.get("from_day")?)))
    .transpose()
}

/// Whose present home is one of these households; for work that shows nobody. At most 50,000.
pub async fn at_home_in(r: &mut Reader, homes: &[AddressId]) -> Result<Vec<PersonId>> {
    r.rows(
        sql!("select distinct person_id from people_residence where address_id in @ids($1) and until_day is null order by person_id limit 50000"),
        args![kernel::row::ids(homes)],
    )
    .await?
    .iter()
    .map(|x| x.get("person_id"))
    .collect()
}

/// Ends every open home on `until` (included).
pub async fn end_homes(tx: &mut Tx, id: PersonId, until: Date) -> Result<u64> {
    tx.exec(
        sql!("update people_residence set until_day = case when from_day > $2 then from_day else $2 end where person_id = $1 and until_day is null"),
        args![id, until],
    )
    .await
}

pub async fn insert_home(tx: &mut Tx, station: StationId, person: PersonId, id: Uuid, home: &Home) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into people_residence (station_id, id, person_id, address_id, relation, from_day, created_at) values ($1, $2, $3, $4, $5, $6, $7)"),
        args![station, id, person, home.address, home.relation, home.from, now],
    )
    .await?;
    tx.exec(sql!("update people_person set pending_place = '' where id = $1"), args![person]).await?;
    Ok(())
}
