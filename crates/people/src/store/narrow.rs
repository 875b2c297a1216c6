//! Accounts that are narrowed to their own beats (限本警务区): whom they reach in the register.

use crate::model::PersonRow;
use kernel::{AddressId, Error, PersonId, Reach, Reader, Result, clock};

/// The households such an account reaches today; `None` for every other account.
pub(crate) async fn households(r: &mut Reader) -> Result<Option<Vec<AddressId>>> {
    let Reach::Beats(station, beats) = r.act().actor.reach() else { return Ok(None) };
    let today = clock::day_of(r.now());
    places::store::households_in(r, station, &beats, today).await.map(Some)
}

/// The row, unless the caller's account is narrowed to beats in which this person does not live. Whom a matter names is
/// shown in that matter, not through here; who is registered without an address yet is everybody's to place.
pub(crate) async fn own(r: &mut Reader, id: PersonId) -> Result<PersonRow> {
    let p = super::raw(r, id).await?;
    let Some(reached) = households(r).await? else { return Ok(p) };
    let home = super::open_home(r, id).await?.map(|(_, address, _)| address);
    let within = home.map_or(!p.contact, |h| reached.contains(&h));
    if within { Ok(p) } else { Err(narrowed()) }
}

fn narrowed() -> Error {
    Error::Forbidden(
        "您的账号只看所辖警务区，此人不住在其中。办理警情或纠纷需要时，请在该警情或纠纷的页面查看；要扩大范围，请安全管理员在“授权”中更改。".into(),
    )
}
