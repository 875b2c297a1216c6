//! Filing the volume, and what the papers need beyond the dispute.

use super::reach;
use crate::bind;
use crate::compose::{Case, scan_kind};
use crate::model::{NewVolume, Paper, PartyMore};
use crate::{rules, store};
use futures::future::BoxFuture;
use kernel::{Act, Actor, App, Date, DisputeId, Error, FieldErrors, Permission as P, PersonId, Purpose, Reader, Refusal, Result, Tx, Uuid, clock};
use mediation::model::Track;
use people::model::Held;

/// 立卷. The number is the agreement's; a matter that ended without one takes the next of the same series, in this
/// transaction, so that no number is lost. Filed again, the particulars change and the number stays.
pub async fn file(app: &App, act: &Act, id: DisputeId, v: &NewVolume) -> Result<String> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    rules::volume(v, today)?;
    rules.must_know("dossier.retention", &v.retention, today)?;
    let case = Case::load(app, act, id, false).await?;
    if !rules::needs_dossier(&case.facts()) {
        return Err(Refusal::new("dossier.on_spot", "当场调解不需要立卷，按编号留存。", "请打印“现场治安调解书”三联，存根按编号留存。")
            .into());
    }
    let (organ, committee, year) = (case.organ(), case.committee(), i64::from(v.filed_on.year()));
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            if let Some(old) = store::volume(tx, id).await? {
                let (was, now) = (rules::kept_until(&old.retention, clock::day_of(old.at)), rules::kept_until(&v.retention, today));
                if rules::is_shorter(was, now) {
                    act.actor.must(P::DisputeReview)?;
                }
                store::update_volume(tx, id, v).await?;
                keep(tx, id, &old.number, &v.retention, today).await?;
                tx.record("dossier.refile", &[("dispute", id.0)], &format!("{}\n保管期限：{} → {}", v.title, old.retention, v.retention));
                tx.emit("dossier.filed", id);
                return Ok(old.number);
            }
            let agreed = mediation::store::parts::agreements(tx, id).await?.into_iter().next();
            let number = match (agreed, d.track, committee) {
                (Some(a), _, _) => a.number,
                (None, Some(Track::Peoples), Some(c)) => mediation::actions::committee_number(tx, d.station_id, c, year).await?.0,
                _ => {
                    let n = tx.next_number(d.station_id, "dossier", year).await?;
                    let station = places::store::station(tx, d.station_id).await?;
                    format!("{}公（纠卷）字〔{year}〕{n}号", station.name.trim_end_matches("派出所"))
                }
            };
            store::insert_volume(tx, d.station_id, id, &number, &organ, v).await?;
            keep(tx, id, &number, &v.retention, today).await?;
            tx.record("dossier.file", &[("dispute", id.0)], &number);
            tx.emit("dossier.filed", id);
            Ok(number)
        })
        .await
}

/// While the volume is kept the dispute that its papers are drawn from is kept, and the parties with it: no 到期清理 of either.
/// Counted from the day on which that is said, never from an earlier one that somebody typed.
async fn keep(tx: &mut Tx, id: DisputeId, number: &str, retention: &str, today: Date) -> Result<()> {
    let parties = mediation::store::parts::parties(tx, id).await?;
    let persons: Vec<PersonId> = parties.iter().map(|p| p.person_id).collect();
    let until = rules::kept_until(retention, today);
    let held = Held { owner: id.0, kind: "dispute", record: id.0, persons: &persons, until };
    let period = until.map_or("永久".to_string(), |day| format!("至{day}"));
    people::actions::keep_until(tx, &held, &format!("卷宗{number}保管期限{period}")).await?;
    store::mark_held(tx, id).await
}

/// Daily: volumes that were filed before filing placed holds get them.
pub fn keeping(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let look = app.look(&Actor::system(), "dossier.keeping", Purpose::Retention);
        let mut failed = None;
        for v in app.db().read(&look, async |r: &mut Reader| store::bare_volumes(r).await).await? {
            let act = app.act(&Actor::system(), "dossier.keep", Purpose::Retention, app.fresh_command()).in_station(v.station_id);
            let done = app
                .db()
                .write(&act, async |tx: &mut Tx| {
                    // Filed again meanwhile, it holds already, perhaps for longer.
                    let Some(v) = store::bare_volume(tx, v.dispute_id).await? else { return Ok(()) };
                    keep(tx, v.dispute_id, &v.number, &v.retention, clock::day_of(v.at)).await?;
                    tx.record("dossier.keep", &[("dispute", v.dispute_id.0)], &v.number);
                    Ok(())
                })
                .await;
            // The others get theirs all the same.
            failed = failed.or(done.err());
        }
        failed.map_or(Ok(()), Err)
    })
}

/// 申请: who asks for what. The facts are the dispute's.
pub async fn apply(app: &App, act: &Act, id: DisputeId, party: Uuid, requests: &str, on: Date) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let mut e = FieldErrors::default();
    if requests.trim().is_empty() {
        e.add("requests", "请写明申请事项。");
    }
    if on > clock::day_of(act.at) {
        e.add("applied_on", "申请日期不能晚于今天。");
    }
    e.ok(())?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            known(tx, id, party).await?;
            store::put_application(tx, d.station_id, id, party, requests, on).await?;
            tx.record("dossier.apply", &[("dispute", id.0)], requests);
            Ok(())
        })
        .await
}

async fn known(tx: &mut Tx, id: DisputeId, party: Uuid) -> Result<mediation::model::Party> {
    let all = mediation::store::parts::parties(tx, id).await?;
    all.into_iter().find(|p| p.id == party).ok_or(Error::NotFound("当事人"))
}

/// What a party brings: occupation, guardian told, power of the agent, interpreter.
pub async fn party(app: &App, act: &Act, id: DisputeId, m: &PartyMore) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let p = known(tx, id, m.party_id).await?;
            let age = people::store::person_for(tx, p.person_id, true).await?.age;
            rules::party(m, &p, age, d.track, &rules, today)?;
            store::put_party(tx, d.station_id, id, m).await?;
            tx.record("dossier.party", &[("dispute", id.0), ("person", p.person_id.0)], "");
            Ok(())
        })
        .await
}

/// What an upload is: evidence, identity copy, power, court paper, or the scan of a signed paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    Evidence,
    Court,
    Identity(Uuid),
    Power(Uuid),
    Scan(Paper, Uuid),
}

impl Upload {
    /// From the form's `what`: `evidence`, `court`, `identity:<party>`, `power:<party>`, `scan:<paper>:<record>`.
    pub fn parse(text: &str) -> Option<Upload> {
        let mut parts = text.split(':');
        let upload = match (parts.next()?, parts.next(), parts.next()) {
            ("evidence", None, None) => Upload::Evidence,
            ("court", None, None) => Upload::Court,
            ("identity", Some(p), None) => Upload::Identity(p.parse().ok()?),
            ("power", Some(p), None) => Upload::Power(p.parse().ok()?),
            ("scan", Some(paper), Some(r)) => Upload::Scan(Paper::from_code(paper)?, r.parse().ok()?),
            _ => return None,
        };
        Some(upload)
    }
}

/// Keeps uploads where they belong.
pub async fn add_files(app: &App, act: &Act, id: DisputeId, what: Upload, files: &[attachments::Prepared]) -> Result<()> {
    act.actor.must(P::DisputeAssist)?;
    if files.is_empty() {
        return Err(FieldErrors::one("files", "请选择照片或者 PDF 文件。"));
    }
    for f in files {
        bind::check(f).await?;
    }
    if let Upload::Scan(paper, record) = what {
        let case = Case::load(app, act, id, false).await?;
        if !case.papers().contains(&(paper, record)) {
            return Err(Error::NotFound("这份文书"));
        }
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let (kind, record) = match what {
                Upload::Evidence => ("dossier.evidence".to_string(), id.0),
                Upload::Court => ("dossier.court".to_string(), id.0),
                Upload::Identity(p) => ("dossier.identity".to_string(), known(tx, id, p).await?.id),
                Upload::Power(p) => ("dossier.power".to_string(), known(tx, id, p).await?.id),
                Upload::Scan(paper, record) => (scan_kind(paper), record),
            };
            attachments::keep(app, tx, d.station_id, &kind, record, ("dispute", id.0), files).await?;
            tx.record("dossier.files", &[("dispute", id.0)], &kind);
            Ok(())
        })
        .await
}
