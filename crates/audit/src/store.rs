//! The only SQL of the domain.

use crate::model::{Delay, Entry, Found, Look, Place, Query};
use kernel::audit::{Body, Deed};
use kernel::{Purpose, Reader, Result, Role, StationId, Timestamp, Tx, UserId, Uuid, args, sql};

/// Entries of one page.
pub const PAGE: i64 = 100;

async fn read(r: &mut Reader, rows: Vec<kernel::Row>) -> Result<Vec<Entry>> {
    let mut out = vec![];
    for row in rows {
        let body: Body = serde_json::from_str(&row.get::<String>("body")?)?;
        out.push(Entry { at: row.get("at")?, body, name: String::new(), unit: String::new() });
    }
    let users: Vec<UserId> = out.iter().map(|e| UserId(e.body.user)).collect();
    let names = identity::store::names(r, &users).await?;
    let mut stations: Vec<(Uuid, String)> = vec![];
    for e in &mut out {
        e.name = names.iter().find(|(id, _)| id.0 == e.body.user).map_or(String::new(), |(_, n)| n.clone());
        e.unit = unit_name(r, &mut stations, e.body.unit).await?;
    }
    Ok(out)
}

async fn unit_name(r: &mut Reader, known: &mut Vec<(Uuid, String)>, unit: Uuid) -> Result<String> {
    if unit.is_nil() {
        return Ok(String::new());
    }
    if let Some((_, n)) = known.iter().find(|(id, _)| *id == unit) {
        return Ok(n.clone());
    }
    let name = match places::store::station(r, StationId(unit)).await {
        Ok(s) => s.name,
        Err(kernel::Error::NotFound(_)) => String::new(),
        Err(e) => return Err(e),
    };
    known.push((unit, name.clone()));
    Ok(name)
}

/// How many entries one page of a search goes through at most: first a little, which is enough for most
/// questions, then much more. What lies before is searched by asking again from there.
pub const SPANS: [i64; 2] = [2_000, 50_000];

/// All chains, newest first, `PAGE` at most. Goes along the index by time; entries of the span that do not fit
/// are passed over.
pub async fn entries(r: &mut Reader, q: &Query) -> Result<Found> {
    let mut found = Found::default();
    let mut from = q.before;
    for span in SPANS {
        let end = span_end(r, q.since, from, span).await?;
        let last = end.unwrap_or(Place { at: q.since, seq: 0, chain: Uuid::nil() });
        let room = PAGE - found.entries.len() as i64;
        let rows = r
            .rows(
                sql!("with needs(p) as @texts($7), forbids(p) as @texts($8), anyone(p) as @texts($9) select at, body from kernel_audit where at >= $1 and at <= $2 and (at, seq, chain) < ($2, $3, $4) and (at, seq) >= ($5, $6) and not exists (select 1 from needs where body not like p escape '!') and not exists (select 1 from forbids where body like p escape '!') and ($10 = 0 or exists (select 1 from anyone where body like p escape '!')) order by at desc, seq desc, chain desc limit $11"),
                args![
                    q.since,
                    from.at,
                    from.seq,
                    from.chain,
                    last.at,
                    last.seq,
                    kernel::row::texts(&q.needs()),
                    kernel::row::texts(&q.forbids()),
                    kernel::row::texts(&q.anyone()),
                    q.users.len() as i64,
                    room + 1
                ],
            )
            .await?;
        found.entries.extend(read(r, rows).await?);
        if found.entries.len() as i64 > PAGE {
            found.entries.truncate(PAGE as usize);
            found.next = found.entries.last().map(Entry::place);
            return Ok(found);
        }
        match end {
            // The entry at the end was looked at: whatever stands at the same place in another chain, too.
            Some(end) => from = Place { chain: Uuid::nil(), ..end },
            None => return Ok(found),
        }
    }
    found.next = Some(from);
    found.short = true;
    Ok(found)
}

/// Where `span` entries before `from` end; `None` when there are not so many.
async fn span_end(r: &mut Reader, since: Timestamp, from: Place, span: i64) -> Result<Option<Place>> {
    let rows = r
        .rows(
            sql!("select at, seq from kernel_audit where at >= $1 and at <= $2 and (at, seq) <= ($2, $3) order by at desc, seq desc limit 1 offset $4"),
            args![since, from.at, from.seq, span],
        )
        .await?;
    rows.first().map(|row| Ok(Place { at: row.get("at")?, seq: row.get("seq")?, chain: Uuid::nil() })).transpose()
}

/// One entry, or "not found".
pub async fn entry(r: &mut Reader, chain: Uuid, seq: i64) -> Result<Entry> {
    let rows = r.rows(sql!("select at, body from kernel_audit where chain = $1 and seq = $2"), args![chain, seq]).await?;
    read(r, rows).await?.pop().ok_or(kernel::Error::NotFound("这条审计记录"))
}

/// Everything about one record, newest first, `PAGE` at most before a place.
pub async fn of_record(r: &mut Reader, kind: &str, id: Uuid, before: Place) -> Result<Vec<Entry>> {
    let rows = r
        .rows(
            sql!("select a.at, a.body from kernel_audit_touched s join kernel_audit a on a.chain = s.chain and a.seq = s.seq where s.id = $1 and s.kind = $2 and a.at <= $4 and (a.at, a.seq, a.chain) < ($4, $5, $6) order by a.at desc, a.seq desc, a.chain desc limit $3"),
            args![id, kind, PAGE, before.at, before.seq, before.chain],
        )
        .await?;
    read(r, rows).await
}

/// What a resident may know: who looked at these records (their own report, their own person
/// record), newest first, without what is lawfully delayed.
pub async fn looks(r: &mut Reader, subjects: &[(&str, Uuid)], now: Timestamp) -> Result<Vec<Look>> {
    let mut entries: Vec<Entry> = vec![];
    for (kind, id) in subjects {
        let delays: Vec<Delay> = r
            .all(
                sql!("select id, station_id, subject_kind, subject_id, reason, basis, by_user, at, review_at, lifted_at from audit_delay where subject_id = $1 and lifted_at is null"),
                args![*id],
            )
            .await?;
        for e in of_record(r, kind, *id, Place::LAST).await? {
            let own = matches!(Role::from_code(&e.body.role), None | Some(Role::Resident | Role::System));
            let hidden = delays.iter().any(|d| e.at < d.review_at && now < d.review_at);
            let known = entries.iter().any(|x| x.body.chain == e.body.chain && x.body.seq == e.body.seq);
            if !own && !hidden && !known {
                entries.push(e);
            }
        }
    }
    entries.sort_by_key(|e| std::cmp::Reverse(e.at));
    Ok(entries
        .into_iter()
        .map(|e| Look {
            at: e.at,
            unit: e.unit,
            role: Role::from_code(&e.body.role).map_or(String::new(), |r| r.label().to_string()),
            purpose: Purpose::from_code(&e.body.purpose).map_or(String::new(), |p| p.label().to_string()),
            deed: if e.body.deed == Deed::Read { "查看" } else { "办理" },
        })
        .collect())
}

pub async fn insert_delay(tx: &mut Tx, id: Uuid, kind: &str, subject: Uuid, reason: &str, basis: &str, review: Timestamp) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    tx.exec(
        sql!("insert into audit_delay (station_id, id, subject_kind, subject_id, reason, basis, by_user, at, review_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, id, kind, subject, reason, basis, user, now, review],
    )
    .await?;
    Ok(())
}

pub async fn lift(tx: &mut Tx, id: Uuid) -> Result<()> {
    let (now, user, station) = (tx.now(), tx.act().actor.user, tx.act().station);
    tx.exec_one(
        "这项暂缓公开",
        sql!("update audit_delay set lifted_at = $3, lifted_by = $4 where station_id = $1 and id = $2 and lifted_at is null"),
        args![station, id, now, user],
    )
    .await
}

/// Delays of a station that are in force, nearest review first.
pub async fn delays(r: &mut Reader, station: StationId) -> Result<Vec<Delay>> {
    r.all(
        sql!("select id, station_id, subject_kind, subject_id, reason, basis, by_user, at, review_at, lifted_at from audit_delay where station_id = $1 and lifted_at is null order by review_at limit 200"),
        args![station],
    )
    .await
}

/// Delays whose review has come, of all stations.
pub async fn due(r: &mut Reader, now: Timestamp) -> Result<Vec<Delay>> {
    r.all(
        sql!("select id, station_id, subject_kind, subject_id, reason, basis, by_user, at, review_at, lifted_at from audit_delay where lifted_at is null and review_at < $1 order by review_at limit 200"),
        args![now],
    )
    .await
}
