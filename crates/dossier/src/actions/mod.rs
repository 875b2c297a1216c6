//! What people do with the papers, one fn each.

mod file;
mod give;
mod sign;

pub use file::{Upload, add_files, apply, file, keeping, party};
pub use give::{issue, own_view, plan_reminders, remind, reminder_paper, revoke};
pub use sign::{add_recording, sign};

use crate::bind;
use crate::compose::{self, Case, Sheet};
use crate::model::Paper;
use crate::print::{self, Printed};
use kernel::{Act, App, DisputeId, Error, Permission as P, Purpose, Reader, Refusal, Result, Tx, Uuid};
use mediation::model::Dispute;

/// Reads the dispute inside the caller's reach.
async fn reach(tx: &mut Tx, id: DisputeId) -> Result<Dispute> {
    let d = mediation::store::get(tx, id).await?;
    mediation::actions::visible(tx, &d)?;
    Ok(d)
}

/// Prints one paper. A reprint is compared with what was printed before.
pub async fn print(app: &App, act: &Act, id: DisputeId, paper: Paper, record: Uuid) -> Result<Printed> {
    act.actor.must(P::DisputeMediate)?;
    let case = Case::load(app, act, id, true).await?;
    let Sheet { template, mut data } = compose::sheet(&case, paper, record)?;
    print::put_signatures(app, &case.signatures, &mut data)?;
    let printed = print::render(Sheet { template, data }).await?;
    keep(app, act, id, paper, record, &printed).await?;
    Ok(printed)
}

async fn keep(app: &App, act: &Act, id: DisputeId, paper: Paper, record: Uuid, p: &Printed) -> Result<i64> {
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            print::record(tx, d.station_id, id, paper, record, p).await
        })
        .await
}

/// Prints the whole dossier as one file. It must be filed; what is missing does not stop it, the page names it.
pub async fn print_whole(app: &App, act: &Act, id: DisputeId) -> Result<Printed> {
    act.actor.must(P::DisputeMediate)?;
    let case = Case::load(app, act, id, true).await?;
    let Some(v) = case.volume.clone() else {
        let next = if crate::rules::needs_dossier(&case.facts()) {
            "请先填写“立卷”：卷名、调解员、起止日期、立卷人、立卷日期、保管期限。"
        } else {
            "当场调解按编号留存，不需要立卷；请打印“现场治安调解书”。"
        };
        return Err(Refusal::new("dossier.not_filed", "还没有立卷。", next).into());
    };
    let mut sheets = vec![];
    for (paper, record) in case.papers() {
        let Sheet { mut data, .. } = compose::sheet(&case, paper, record)?;
        print::put_signatures(app, &case.signatures, &mut data)?;
        sheets.push((paper, record, data));
    }
    let look = app.look(&act.actor, "dossier.print_whole", Purpose::Mediation).about("dispute", id.0);
    let files = app.db().read(&look, async |r: &mut Reader| bind::read(app, r, &case).await).await?;
    let bound = if files.is_empty() { vec![] } else { print::admitted(bind::draw(files)).await? };
    let (mut data, pictures) = compose::whole(&case, &v, sheets, &bound)?;
    print::put_pages(&bound, &mut data);
    let data = app
        .db()
        .read(&look, async |r: &mut Reader| {
            print::put_photos(app, r, &pictures, &mut data).await?;
            Ok(std::mem::take(&mut data))
        })
        .await?;
    let printed = print::render(Sheet { template: documents::DOSSIER, data }).await?;
    keep(app, act, id, Paper::Whole, id.0, &printed).await?;
    Ok(printed)
}

/// A party of the dispute, or not found.
fn party_of(case: &Case, id: Uuid) -> Result<&compose::CaseParty> {
    case.party(id).ok_or(Error::NotFound("当事人"))
}
