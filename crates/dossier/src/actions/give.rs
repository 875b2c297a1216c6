//! What goes out to the parties: the paper with the code, the page behind it, reminders.

use super::{party_of, reach};
use crate::compose::{self, Case, Sheet};
use crate::model::Told;
use crate::print::{self, Printed};
use crate::view::{self, PartyView};
use crate::store;
use futures::future::BoxFuture;
use kernel::{Act, Actor, App, DisputeId, Error, FieldErrors, ObligationId, Permission as P, Purpose, Reader, Refusal, Result, Tx, Uuid, clock};
use notices::model::NewTask;

/// Letters of a code: 20 of 32, one hundred random bits.
const LETTERS: usize = 20;

/// Gives a party the paper with a code. Codes given before end; the code stands on the paper only, here its hash.
/// `secret` was made by the server for the form, so that a repeated post is refused (`dossier.code_used`) and does not give a second code.
pub async fn issue(app: &App, act: &Act, id: DisputeId, party: Uuid, secret: &str) -> Result<Printed> {
    act.actor.must(P::DisputeMediate)?;
    if secret.chars().filter(char::is_ascii_alphanumeric).count() != LETTERS {
        return Err(Refusal::new("dossier.code", "这一页打开得太久，查询码失效了。", "请刷新卷宗页后重新打印。").into());
    }
    let case = Case::load(app, act, id, false).await?;
    let p = party_of(&case, party)?;
    let base = app.settings().public_url.trim_end_matches('/').to_string();
    let link = format!("{base}/p/matter");
    let target = format!("{link}/{}", secret.replace('-', ""));
    let svg = qrcode::QrCode::new(target.as_bytes())
        .map(|c| c.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build())
        .map_err(Error::internal)?;
    let shown = if base.is_empty() { "网址请向派出所询问。".to_string() } else { format!("网址：{link}") };
    let data = compose::pass(&case, p, secret, &shown, &svg, act.at);
    let printed = print::render(Sheet { template: documents::FORM, data }).await?;
    let hash = app.vault().token_hash(secret);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if store::pass_by_hash(tx, &hash).await?.is_some() {
                return Err(Refusal::new("dossier.code_used", "这个查询码已经用过。", "请刷新卷宗页后重新打印。").into());
            }
            store::revoke_passes(tx, id, party).await?;
            let pass = store::insert_pass(tx, d.station_id, id, party, &hash).await?;
            tx.record("dossier.pass", &[("dispute", id.0), ("pass", pass)], "");
            Ok(())
        })
        .await?;
    Ok(printed)
}

/// Ends a party's codes.
pub async fn revoke(app: &App, act: &Act, id: DisputeId, party: Uuid) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            reach(tx, id).await?;
            if store::revoke_passes(tx, id, party).await? == 0 {
                return Err(Refusal::new("dossier.no_code", "没有有效的查询码。", "需要时请重新打印告知单。").into());
            }
            tx.record("dossier.pass_revoke", &[("dispute", id.0), ("party", party)], "");
            Ok(())
        })
        .await
}

/// The page behind a code: `None` when there is no such code or it was ended. The look is in the chain of the station.
pub async fn own_view(app: &App, code: &str) -> Result<Option<(PartyView, Vec<(&'static str, Uuid)>)>> {
    let hash = app.vault().token_hash(code);
    let nobody = Actor::resident(kernel::StationId::NIL);
    let look = app.look(&nobody, "dossier.pass", Purpose::OwnMatter);
    let Some(pass) = app.db().read(&look, async |r: &mut Reader| store::pass_by_hash(r, &hash).await).await? else {
        return Ok(None);
    };
    let who = Actor::resident(pass.station_id);
    let act = app.look(&who, "dossier.own_view", Purpose::OwnMatter).about("dispute", pass.dispute_id.0);
    let case = Case::for_party(app, &act, pass.dispute_id).await?;
    let Some(view) = view::party_view(&case, pass.party_id) else { return Ok(None) };
    let mut subjects = vec![("dispute", pass.dispute_id.0)];
    subjects.extend(case.party(pass.party_id).map(|p| ("person", p.p.person_id.0)));
    Ok(Some((view, subjects)))
}

/// By the clock: a promise that comes due gives the officer a task to remind both sides, once.
pub fn plan_reminders(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let system = Actor::system();
        let today = app.today();
        let days = app.rules().int("follow_up.before_deadline_days", today)?;
        let until = app.rules().calendar().add_days(today, days).date;
        let look = app.look(&system, "dossier.coming", Purpose::FollowUp);
        let coming = app.db().read(&look, async |r: &mut Reader| store::coming(r, today, until).await).await?;
        for c in coming {
            let act = app.act(&system, "dossier.plan_reminder", Purpose::FollowUp, app.fresh_command()).in_station(c.station);
            app.db()
                .write(&act, async |tx: &mut Tx| {
                    tx.record("dossier.plan_reminder", &[("dispute", c.dispute.0), ("obligation", c.obligation.0)], "");
                    if store::plan_reminder(tx, c.station, c.dispute, c.obligation).await? == 0 {
                        return Ok(());
                    }
                    let d = mediation::store::get(tx, c.dispute).await?;
                    let due = clock::start_of(c.due.tomorrow().unwrap_or(c.due));
                    let task = NewTask {
                        station: c.station,
                        kind: "dispute.remind",
                        title: format!("{} 提醒双方：第 {} 项 {} 到期", d.number, c.n, c.due),
                        path: format!("/disputes/{}/dossier#remind", c.dispute),
                        record: c.obligation.0,
                        to_user: Some(d.owner_id),
                        to_role: None,
                        due,
                    };
                    notices::actions::put(tx, task).await.map(|_| ())
                })
                .await?;
        }
        Ok(())
    })
}

/// A side was reminded of a promise: read out, by phone, or with the paper. The task ends when every side was.
pub async fn remind(app: &App, act: &Act, id: DisputeId, o: ObligationId, party: Option<Uuid>, how: Option<Told>, note: &str) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    let mut e = FieldErrors::default();
    if party.is_none() {
        e.add("party", "请选择提醒了哪一方。");
    }
    if how.is_none() {
        e.add("how", "请选择提醒的方式。");
    }
    e.ok(())?;
    let (Some(party), Some(how)) = (party, how) else { return Err(Error::internal("remind")) };
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let sides = mediation::store::parts::parties(tx, id).await?;
            if !mediation::store::parts::obligations(tx, id).await?.iter().any(|x| x.id == o) || !sides.iter().any(|p| p.id == party) {
                return Err(Error::NotFound("这项义务"));
            }
            store::plan_reminder(tx, d.station_id, id, o).await?;
            if store::tell(tx, (d.station_id, id), o, party, how.code(), note).await? == 0 {
                return Err(Refusal::new("dossier.reminded", "这一方已经登记过提醒。", "请登记另一方，或者在履行期限后登记履行情况。").into());
            }
            let told = store::tellings(tx, id).await?;
            if sides.iter().all(|p| told.iter().any(|t| t.obligation_id == o && t.party_id == p.id)) {
                store::told_reminder(tx, o, how.code(), note).await?;
                notices::actions::done_for(tx, o.0, "dispute.remind").await?;
            }
            tx.record("dossier.remind", &[("dispute", id.0), ("obligation", o.0), ("party", party)], how.code());
            Ok(())
        })
        .await
}

/// The note to read out or to give.
pub async fn reminder_paper(app: &App, act: &Act, id: DisputeId, o: ObligationId) -> Result<Printed> {
    act.actor.must(P::DisputeAssist)?;
    let case = Case::load(app, act, id, false).await?;
    let (promise, _) = case.promises.iter().find(|(x, _)| x.id == o).ok_or(Error::NotFound("这项义务"))?;
    let data = compose::reminder(&case, promise);
    let printed = print::render(Sheet { template: documents::FORM, data }).await?;
    super::keep(app, act, id, crate::model::Paper::Reminder, o.0, &printed).await?;
    Ok(printed)
}
