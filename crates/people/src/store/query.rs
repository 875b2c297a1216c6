//! The register with its query form, and how many it holds by sex and age.

use crate::model::{Ages, PersonKind, PersonRow, PersonView};
use kernel::{AddressId, Date, PersonId, Reach, Reader, Result, StationId, args, row, sql};

/// Rows on one page of the register.
const PAGE: i64 = 50;

/// What the query form asks.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Part of the name.
    pub name: String,
    pub kind: Option<PersonKind>,
    /// Only reporters and other contacts (`Some(true)`), only the register (`Some(false)`).
    pub contact: Option<bool>,
    /// Only persons whose address nobody has found yet.
    pub pending: bool,
    pub address: Option<AddressId>,
    pub before: Option<PersonId>,
    /// Only of this station (exports of those who reach several).
    pub station: Option<StationId>,
    /// Without those who asked for secrecy: for files that leave the house.
    pub unprotected: bool,
}

/// One page, newest first, every row marked as shown; and where the next page begins. A person whose
/// name is hidden from the caller is not found by name.
pub async fn register(r: &mut Reader, q: &Query) -> Result<(Vec<PersonView>, Option<PersonId>)> {
    let (all, station) = match r.act().actor.reach() {
        Reach::All => (true, StationId::NIL),
        Reach::Station(s) | Reach::Beats(s, _) => (false, s),
        Reach::Grids(..) | Reach::Own(_) => return Ok((vec![], None)),
    };
    let reached = super::narrow::households(r).await?;
    let name = q.name.replace(['%', '_'], "");
    let rows: Vec<PersonRow> = r
        .all(
            sql!("select id, station_id, name, sex, ethnicity, birth, adult_on, minor_told, id_kind, id_tail, phone_tail, kind, contact, protected, domicile, pending_place, died_on, erased_at, version from people_person p where ($1 or station_id = $2) and erased_at is null and ($3 = '' or name like '%' || $3 || '%') and (cast($4 as text) is null or kind = $4) and ($5 = -1 or contact = ($5 = 1)) and (not $6 or pending_place <> '') and (cast($7 as @uuid) is null or exists (select 1 from people_residence h where h.person_id = p.id and h.address_id = $7 and h.until_day is null)) and (cast($8 as @uuid) is null or id < $8) and (not $10 or exists (select 1 from people_residence h where h.person_id = p.id and h.until_day is null and h.address_id in @ids($11))) and (cast($12 as @uuid) is null or station_id = $12) and (not $13 or not protected) order by id desc limit $9"),
            args![
                all,
                station,
                name.clone(),
                q.kind,
                q.contact.map_or(-1_i64, i64::from),
                q.pending,
                q.address,
                q.before,
                PAGE + 1,
                reached.is_some(),
                row::ids(reached.as_deref().unwrap_or_default()),
                q.station,
                q.unprotected
            ],
        )
        .await?;
    let more = rows.len() as i64 > PAGE;
    let mut rows = rows;
    rows.truncate(PAGE as usize);
    let next = if more { rows.last().map(|p| p.id) } else { None };
    if !name.is_empty() {
        let today = kernel::clock::day_of(r.now());
        let role = r.act().actor.role;
        rows.retain(|p| crate::rules::hidden(p, role, today, false).is_none());
    }
    Ok((super::views(r, rows, false).await?, next))
}

/// Registered residents by sex and age on a day: without contacts, the dead, and those whose register stands empty (空挂). Counts only, so
/// nobody is marked as shown.
pub async fn ages(r: &mut Reader, station: StationId, on: Date) -> Result<Vec<Ages>> {
    r.all(
        sql!("select sex, $2 - born - case when day > $3 then 1 else 0 end as age, cast(count(*) as @int) as n from (select sex, cast(substr(birth, 1, 4) as @int) as born, substr(birth, 6, 5) as day from people_person where station_id = $1 and contact = $4 and birth is not null and died_on is null and erased_at is null and (kind is null or kind <> 'empty_register')) p group by 1, 2 order by 1, 2 limit 1000"),
        args![station, i64::from(on.year()), on.to_string()[5..].to_string(), false],
    )
    .await
}
