//! Persons as shown.

use crate::model::{PersonRow, PersonView, Residence};
use crate::rules;
use kernel::{AddressId, Date, PersonId, Reach, Reader, Result, StationId, args, clock, row, sql};

/// Characters of a document and of a phone as masked.
const ID_LENGTH: usize = 18;
const PHONE_LENGTH: usize = 11;

/// Whether a record of `station` lies within the caller's reach, whatever the grid; domains that
/// show persons inside their own record check the grid there.
fn reachable(r: &Reader, station: StationId) -> bool {
    match r.act().actor.reach() {
        Reach::All => true,
        Reach::Station(s) | Reach::Beats(s, _) | Reach::Grids(s, _) | Reach::Own(s) => s == station,
    }
}

/// The row of a person within reach; marks it as shown.
pub(crate) async fn row_of(r: &mut Reader, id: PersonId) -> Result<PersonRow> {
    let p = raw(r, id).await?;
    r.saw("person", id);
    Ok(p)
}

/// The same for work that shows nothing (indexing, checks before a write that is recorded itself).
pub(crate) async fn raw(r: &mut Reader, id: PersonId) -> Result<PersonRow> {
    let p: PersonRow = r
        .one(
            "人员",
            sql!("select id, station_id, name, sex, ethnicity, birth, adult_on, minor_told, id_kind, id_tail, phone_tail, kind, contact, protected, domicile, pending_place, died_on, erased_at, version from people_person where id = $1"),
            args![id],
        )
        .await?;
    if !reachable(r, p.station_id) {
        return Err(kernel::Error::NotFound("人员"));
    }
    Ok(p)
}

/// The same through the register's own doors: accounts narrowed to their beats see who lives there.
pub(crate) async fn person_of_register(r: &mut Reader, id: PersonId) -> Result<PersonView> {
    super::narrow::own(r, id).await?;
    person(r, id).await
}

/// A person, masked; name hidden by rule from roles that do not handle such matters.
pub async fn person(r: &mut Reader, id: PersonId) -> Result<PersonView> {
    person_for(r, id, false).await
}

/// The same; `handles` says that the caller works the matter this person belongs to.
pub async fn person_for(r: &mut Reader, id: PersonId, handles: bool) -> Result<PersonView> {
    let p = row_of(r, id).await?;
    let mut all = views(r, vec![p], handles).await?;
    all.pop().ok_or(kernel::Error::NotFound("人员"))
}

/// Several persons within reach, masked and hidden as [`person`] does; every one is marked as shown. 500 at most.
pub async fn persons(r: &mut Reader, ids: &[PersonId]) -> Result<Vec<PersonView>> {
    let rows: Vec<PersonRow> = r
        .all(
            sql!("select id, station_id, name, sex, ethnicity, birth, adult_on, minor_told, id_kind, id_tail, phone_tail, kind, contact, protected, domicile, pending_place, died_on, erased_at, version from people_person where id in @ids($1) order by id limit 500"),
            args![row::ids(ids)],
        )
        .await?;
    let rows: Vec<PersonRow> = rows.into_iter().filter(|p| reachable(r, p.station_id)).collect();
    views(r, rows, false).await
}

/// Makes views of rows and marks every one as shown.
pub(crate) async fn views(r: &mut Reader, rows: Vec<PersonRow>, handles: bool) -> Result<Vec<PersonView>> {
    let today = clock::day_of(r.now());
    let role = r.act().actor.role;
    let ids: Vec<PersonId> = rows.iter().map(|p| p.id).collect();
    let homes = homes_of(r, &ids, today).await?;
    let addresses: Vec<AddressId> = homes.iter().map(|h| h.address_id).collect();
    let lines = places::store::address_lines(r, &addresses).await?;
    let mut out = Vec::with_capacity(rows.len());
    for p in rows {
        r.saw("person", p.id);
        let hidden = rules::hidden(&p, role, today, handles);
        let minor = rules::is_minor(&p, today);
        let home = homes.iter().find(|h| h.person_id == p.id);
        let birth = p.birth.filter(|_| hidden.is_none());
        out.push(PersonView {
            name: hidden.map_or(p.name, |h| h.label().to_string()),
            hidden,
            birth,
            age: birth.map(|b| rules::age_on(b, p.died_on.unwrap_or(today))),
            minor,
            id_masked: if hidden.is_none() { rules::masked(ID_LENGTH, &p.id_tail) } else { String::new() },
            phone_masked: if hidden.is_none() { rules::masked(PHONE_LENGTH, &p.phone_tail) } else { String::new() },
            address: home.map(|h| h.address_id),
            address_line: home
                .filter(|_| hidden.is_none())
                .and_then(|h| lines.iter().find(|(id, _)| *id == h.address_id))
                .map_or(String::new(), |(_, l)| l.clone()),
            relation: home.map(|h| h.relation),
            id: p.id,
            station: p.station_id,
            sex: p.sex,
            ethnicity: p.ethnicity,
            id_kind: p.id_kind,
            kind: p.kind,
            contact: p.contact,
            protected: p.protected,
            domicile: if hidden.is_none() { p.domicile } else { String::new() },
            pending_place: if hidden.is_none() { p.pending_place } else { String::new() },
            died_on: p.died_on,
            version: p.version,
        });
    }
    Ok(out)
}

/// Where these persons live on a day.
async fn homes_of(r: &mut Reader, ids: &[PersonId], on: Date) -> Result<Vec<Residence>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    r.all(
        sql!("select person_id, address_id, relation, from_day, until_day from people_residence where person_id in @ids($1) and from_day <= $2 and (until_day is null or until_day >= $2) order by from_day desc"),
        args![row::ids(ids), on],
    )
    .await
}

/// All addresses of a person, newest first. The person is marked as shown by the caller's own read.
pub async fn residences(r: &mut Reader, id: PersonId) -> Result<Vec<Residence>> {
    r.saw("person", id);
    r.all(
        sql!("select person_id, address_id, relation, from_day, until_day from people_residence where person_id = $1 order by from_day desc limit 200"),
        args![id],
    )
    .await
}

/// Who lives at an address today; householder first.
pub async fn by_address(r: &mut Reader, address: AddressId) -> Result<Vec<PersonView>> {
    by_addresses(r, &[address]).await
}

/// Who lives at these addresses today; householders first. At most 2,000.
pub async fn by_addresses(r: &mut Reader, addresses: &[AddressId]) -> Result<Vec<PersonView>> {
    let mut addresses = addresses.to_vec();
    if let Some(reached) = super::narrow::households(r).await? {
        addresses.retain(|a| reached.contains(a));
    }
    if addresses.is_empty() {
        return Ok(vec![]);
    }
    let today = clock::day_of(r.now());
    let mut rows: Vec<PersonRow> = r
        .all(
            sql!("select p.id, p.station_id, p.name, p.sex, p.ethnicity, p.birth, p.adult_on, p.minor_told, p.id_kind, p.id_tail, p.phone_tail, p.kind, p.contact, p.protected, p.domicile, p.pending_place, p.died_on, p.erased_at, p.version from people_person p join people_residence h on h.person_id = p.id where h.address_id in @ids($1) and h.from_day <= $2 and (h.until_day is null or h.until_day >= $2) and p.erased_at is null order by h.address_id, case when h.relation = 'head' then 0 else 1 end, p.birth, p.id limit 2000"),
            args![row::ids(&addresses), today],
        )
        .await?;
    rows.retain(|p| reachable(r, p.station_id));
    views(r, rows, false).await
}

/// The person with this document in a station, by blind index (`vault.blind(ID_FIELD, number)`).
pub async fn find_by_id_number(r: &mut Reader, station: StationId, blind: [u8; 16]) -> Result<Option<PersonView>> {
    let rows: Vec<PersonRow> = r
        .all(
            sql!("select id, station_id, name, sex, ethnicity, birth, adult_on, minor_told, id_kind, id_tail, phone_tail, kind, contact, protected, domicile, pending_place, died_on, erased_at, version from people_person where station_id = $1 and id_blind = $2 limit 1"),
            args![station, blind],
        )
        .await?;
    if !reachable(r, station) {
        return Ok(None);
    }
    Ok(views(r, rows, false).await?.pop())
}

/// Persons with this phone in a station, by blind index (`vault.blind(PHONE_FIELD, number)`).
pub async fn find_by_phone(r: &mut Reader, station: StationId, blind: [u8; 16]) -> Result<Vec<PersonView>> {
    let rows: Vec<PersonRow> = r
        .all(
            sql!("select id, station_id, name, sex, ethnicity, birth, adult_on, minor_told, id_kind, id_tail, phone_tail, kind, contact, protected, domicile, pending_place, died_on, erased_at, version from people_person where station_id = $1 and phone_blind = $2 and erased_at is null order by contact, id limit 50"),
            args![station, blind],
        )
        .await?;
    if !reachable(r, station) {
        return Ok(vec![]);
    }
    views(r, rows, false).await
}

/// The sealed value of a document or phone; the caller opens it with the key and has the entry.
pub(crate) async fn sealed(r: &mut Reader, id: PersonId, secret: crate::model::Secret) -> Result<Option<Vec<u8>>> {
    let rows = r.rows(sql!("select id_sealed, phone_sealed from people_person where id = $1"), args![id]).await?;
    let column = match secret {
        crate::model::Secret::IdNumber => "id_sealed",
        crate::model::Secret::Phone => "phone_sealed",
    };
    rows.first().map_or(Ok(None), |x| x.get(column))
}
