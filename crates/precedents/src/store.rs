//! The only SQL of the domain.

use crate::model::{Case, LogLine, PrecedentId, State, Step, Texts};
use incidents::similar::Signature;
use kernel::{AgreementId, DisputeId, Reader, Result, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// What a new precedent is made of.
pub struct NewCase<'a> {
    pub number: &'a str,
    pub dispute: DisputeId,
    pub agreement: AgreementId,
    pub judicial: Option<&'a str>,
    pub causes: &'a str,
    pub texts: &'a Texts,
}

pub async fn insert(tx: &mut Tx, id: PrecedentId, n: &NewCase<'_>) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    tx.exec(
        sql!("insert into precedents_case (station_id, id, number, dispute_id, agreement_id, state, judicial, causes, title, facts, plan, result, proposed_at, proposed_by, reason, used, version) values ($1, $2, $3, $4, $5, 'proposed', $6, $7, $8, $9, $10, $11, $12, $13, '', 0, 1)"),
        args![
            station, id, n.number, n.dispute, n.agreement, n.judicial.map(str::to_string), n.causes, &n.texts.title, &n.texts.facts,
            &n.texts.plan, &n.texts.result, now, user
        ],
    )
    .await?;
    Ok(())
}

pub async fn find(r: &mut Reader, id: PrecedentId) -> Result<Option<Case>> {
    r.opt(
        sql!("select station_id, id, number, dispute_id, agreement_id, state, judicial, causes, title, facts, plan, result, proposed_at, proposed_by, decided_at, decided_by, reason, used, version from precedents_case where id = $1"),
        args![id],
    )
    .await
}

pub async fn get(r: &mut Reader, id: PrecedentId) -> Result<Case> {
    find(r, id).await?.ok_or(kernel::Error::NotFound("这一例"))
}

/// The precedent made of an agreement of this dispute, whatever its state.
pub async fn of_dispute(r: &mut Reader, id: DisputeId) -> Result<Option<Case>> {
    r.opt(
        sql!("select station_id, id, number, dispute_id, agreement_id, state, judicial, causes, title, facts, plan, result, proposed_at, proposed_by, decided_at, decided_by, reason, used, version from precedents_case where dispute_id = $1 order by proposed_at desc limit 1"),
        args![id],
    )
    .await
}

/// Texts and state anew; 0 when it is no longer at `version`.
pub async fn update(tx: &mut Tx, c: &Case, state: State, texts: &Texts, reason: &str) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    let decided = state != State::Proposed;
    tx.exec(
        sql!("update precedents_case set state = $3, title = $4, facts = $5, plan = $6, result = $7, decided_at = $8, decided_by = $9, reason = $10, version = version + 1 where id = $1 and version = $2"),
        args![
            c.id, c.version, state, &texts.title, &texts.facts, &texts.plan, &texts.result, decided.then_some(now),
            decided.then_some(user), reason
        ],
    )
    .await
}

pub async fn count_use(tx: &mut Tx, id: PrecedentId) -> Result<()> {
    tx.exec(sql!("update precedents_case set used = used + 1 where id = $1"), args![id]).await?;
    Ok(())
}

pub async fn log(tx: &mut Tx, case: PrecedentId, step: Step, note: &str, dispute: Option<DisputeId>) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into precedents_log (station_id, id, case_id, at, by_user, step, note, dispute_id) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
        args![station, id, case, now, user, step, note, dispute],
    )
    .await?;
    Ok(())
}

pub async fn log_of(r: &mut Reader, case: PrecedentId) -> Result<Vec<LogLine>> {
    r.all(
        sql!("select at, by_user, step, note from precedents_log where case_id = $1 order by at desc, id desc limit 100"),
        args![case],
    )
    .await
}

/// Keys under which an approved precedent is found: causes, category, bands of its wording.
pub async fn put_keys(tx: &mut Tx, c: &Case, texts: &Texts) -> Result<()> {
    drop_keys(tx, c.id).await?;
    let now = tx.now();
    let mut keys: Vec<(&str, String)> = c.cause_codes().into_iter().map(|x| ("cause", x.to_string())).collect();
    keys.extend(c.judicial.iter().map(|j| ("category", j.clone())));
    for band in Signature::of(&texts.title, &texts.facts).bands() {
        keys.push(("band", band.to_string()));
    }
    for (kind, value) in keys {
        tx.exec(
            sql!("insert into precedents_key (case_id, key_kind, key_value, at) values ($1, $2, $3, $4) on conflict do nothing"),
            args![c.id, kind, value, now],
        )
        .await?;
    }
    Ok(())
}

pub async fn drop_keys(tx: &mut Tx, id: PrecedentId) -> Result<()> {
    tx.exec(sql!("delete from precedents_key where case_id = $1"), args![id]).await?;
    Ok(())
}

/// Candidates of one kind of key at most.
const MOST_OF_KEY: i64 = 60;
/// Candidates read in full.
const MOST_READ: usize = 150;

/// Approved precedents that share a cause, the category or a band of wording; the latest of each.
/// Precedents are anonymous, so every station of the installation may be offered them.
pub async fn candidates(r: &mut Reader, title: &str, text: &str, judicial: &str, causes: &[String]) -> Result<Vec<Case>> {
    let mut ids: Vec<Uuid> = vec![];
    let bands: Vec<String> = Signature::of(title, text).bands().iter().map(i64::to_string).collect();
    if !bands.is_empty() {
        let rows = r
            .rows(
                sql!("select case_id from precedents_key where key_kind = 'band' and key_value in @texts($1) limit 200"),
                args![kernel::row::texts(&bands)],
            )
            .await?;
        for row in &rows {
            ids.push(row.get("case_id")?);
        }
    }
    let keys = causes.iter().map(|c| ("cause", c.as_str())).chain([("category", judicial)]);
    for (kind, value) in keys.filter(|k| !k.1.is_empty()).take(8) {
        let rows = r
            .rows(
                sql!("select case_id from precedents_key where key_kind = $1 and key_value = $2 order by at desc limit $3"),
                args![kind, value, MOST_OF_KEY],
            )
            .await?;
        for row in &rows {
            ids.push(row.get("case_id")?);
        }
    }
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.truncate(MOST_READ);
    if ids.is_empty() {
        return Ok(vec![]);
    }
    r.all(
        sql!("select station_id, id, number, dispute_id, agreement_id, state, judicial, causes, title, facts, plan, result, proposed_at, proposed_by, decided_at, decided_by, reason, used, version from precedents_case where id in @ids($1) and state = 'approved' limit 200"),
        args![kernel::row::ids(&ids)],
    )
    .await
}

/// Lines of one page.
pub const PAGE: i64 = 30;

/// Approved precedents, newest first, of one cause or category ("" for all).
pub async fn approved(r: &mut Reader, judicial: &str, cause: &str, before: Timestamp) -> Result<Vec<Case>> {
    r.all(
        sql!("select station_id, id, number, dispute_id, agreement_id, state, judicial, causes, title, facts, plan, result, proposed_at, proposed_by, decided_at, decided_by, reason, used, version from precedents_case where state = 'approved' and decided_at < $1 and ($2 = '' or judicial = $2) and ($3 = '' or ',' || causes || ',' like '%,' || $3 || ',%') order by decided_at desc, id desc limit $4"),
        args![before, judicial, cause, PAGE],
    )
    .await
}

/// Those of the station that wait, or were not taken or withdrawn lately.
pub async fn queue(r: &mut Reader, station: StationId, state: State) -> Result<Vec<Case>> {
    r.all(
        sql!("select station_id, id, number, dispute_id, agreement_id, state, judicial, causes, title, facts, plan, result, proposed_at, proposed_by, decided_at, decided_by, reason, used, version from precedents_case where station_id = $1 and state = $2 order by proposed_at desc, id desc limit 100"),
        args![station, state],
    )
    .await
}

/// Settled disputes of the station whose agreement is not in the book in any state, signed in the
/// window; oldest first.
pub async fn unproposed(r: &mut Reader, station: StationId, from: kernel::Date, until: kernel::Date, limit: i64) -> Result<Vec<DisputeId>> {
    let rows = r
        .rows(
            sql!("select d.id from mediation_dispute d join mediation_agreement a on a.dispute_id = d.id where d.station_id = $1 and d.state = 'closed' and d.outcome = 'settled' and a.signed_on >= $2 and a.signed_on <= $3 and not exists (select 1 from precedents_case p where p.agreement_id = a.id) order by a.signed_on, d.id limit $4"),
            args![station, from, until, limit],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Who took part in making the agreement: wrote it, hosted or joined a talk, owns the dispute.
pub async fn makers(r: &mut Reader, c: &Case) -> Result<Vec<UserId>> {
    let rows = r
        .rows(
            sql!("select by_user as u from mediation_agreement where id = $1 union select owner_id as u from mediation_dispute where id = $2 union select host_user as u from mediation_talk where dispute_id = $2 and host_user is not null"),
            args![c.agreement_id, c.dispute_id],
        )
        .await?;
    rows.iter().map(|row| row.get("u")).collect()
}
