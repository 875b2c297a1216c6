//! Opening one number for a purpose.

use super::{ID_FIELD, PHONE_FIELD, aad};
use crate::model::Secret;
use crate::{rules, store};
use kernel::{Act, App, Error, Permission, PersonId, Purpose, Reader, Refusal, Result, clock};

/// The purposes for which a number may be opened.
pub const PURPOSES: &[Purpose] = &[
    Purpose::Incident,
    Purpose::Mediation,
    Purpose::FollowUp,
    Purpose::HomeVisit,
    Purpose::Verify,
    Purpose::Complaint,
    Purpose::Window,
];

/// The blind index of a document number as kept ([`rules::document`]).
pub fn blind_id_number(app: &App, number: &str) -> [u8; 16] {
    app.vault().blind(ID_FIELD, number)
}

/// The blind index of a phone as kept ([`rules::phone`]).
pub fn blind_phone(app: &App, number: &str) -> [u8; 16] {
    app.vault().blind(PHONE_FIELD, number)
}

/// Opens a document number or phone. Who, what, why and whose is in the chain before the value is
/// given out; the value itself is kept nowhere.
/// Errors: right missing, a purpose that is none, hidden by rule, nothing kept.
pub async fn reveal(app: &App, act: &Act, id: PersonId, field: Secret, purpose: Purpose) -> Result<String> {
    open_number(app, act, id, field, purpose, false).await
}

/// The same for a paper of a matter that the caller's domain has found within the caller's reach: whoever it names is
/// opened, wherever they live.
pub async fn reveal_for_matter(app: &App, act: &Act, id: PersonId, field: Secret, purpose: Purpose) -> Result<String> {
    open_number(app, act, id, field, purpose, true).await
}

async fn open_number(app: &App, act: &Act, id: PersonId, field: Secret, purpose: Purpose, named: bool) -> Result<String> {
    act.actor.must(Permission::PeopleReveal)?;
    if !PURPOSES.contains(&purpose) {
        return Err(Refusal::new("people.purpose", "请选择查看的目的。", "目的会写入审计记录，当事人可以查询。")
            .into());
    }
    let mut act = act.clone();
    act.purpose = purpose;
    act.action = match field {
        Secret::IdNumber => "people.reveal_id_number",
        Secret::Phone => "people.reveal_phone",
    };
    let sealed = app
        .db()
        .read(&act, async |r: &mut Reader| {
            let p = if named { store::raw(r, id).await? } else { store::own(r, id).await? };
            r.saw("person", id);
            if let Some(why) = rules::hidden(&p, r.act().actor.role, clock::day_of(r.now()), named) {
                return Err(Error::Forbidden(format!("此人为{}，“{}”不能查看其证件和电话。", why.label(), r.act().actor.role.label())));
            }
            store::sealed(r, id, field).await
        })
        .await?
        .ok_or_else(|| Refusal::new("people.nothing", format!("没有登记{}。", field.label()), "可在“修改”中补登。"))?;
    let plain = app.vault().open(aad(id, field).as_bytes(), &sealed)?;
    String::from_utf8(plain.to_vec()).map_err(|_| Error::internal("a sealed number is not text"))
}
