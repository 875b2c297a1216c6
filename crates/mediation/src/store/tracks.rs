//! Tracks, clocks, hand-overs, requests, confirmation steps, relations, levels; what is due on a day.

use crate::model::{
    AdminAnswer, Answer, Application, Candidate, ClockKind, ClockRow, ClockState, Coming, ConfirmStep, Confirmation, Decision, Due, HandOver,
    LevelLine, NewDecision, Other, Progress, Reason, Referral, Relation, Settlement, Ticking, Track, TrackResult, TrackRun, Verdict,
};
use crate::rules::Spec;
use kernel::{
    AddressId, AgreementId, Date, DisputeId, IncidentId, ObligationId, PersonId, Reach, Reader, Result, StationId, Timestamp, Tx, UserId,
    Uuid, args, sql,
};

/// Opens the next track of a dispute.
pub async fn begin(tx: &mut Tx, dispute: DisputeId, track: Track, committee: Option<Uuid>, on: Date) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_track (station_id, id, dispute_id, n, track, committee_id, accepted_on, accepted_by, at, why) values ($1, $2, $3, (select coalesce(max(n), 0) + 1 from mediation_track where dispute_id = $3), $4, $5, $6, $7, $8, '')"),
        args![station, id, dispute, track, committee, on, user, now],
    )
    .await?;
    Ok(id)
}

pub async fn runs(r: &mut Reader, dispute: DisputeId) -> Result<Vec<TrackRun>> {
    r.all(
        sql!("select id, n, track, committee_id, accepted_on, accepted_by, ended_on, result, why from mediation_track where dispute_id = $1 order by n limit 50"),
        args![dispute],
    )
    .await
}

/// The track that is under way or ended last.
pub async fn latest(r: &mut Reader, dispute: DisputeId) -> Result<Option<TrackRun>> {
    r.opt(
        sql!("select id, n, track, committee_id, accepted_on, accepted_by, ended_on, result, why from mediation_track where dispute_id = $1 order by n desc limit 1"),
        args![dispute],
    )
    .await
}

/// The committee that hosts, when it was not named at acceptance.
pub async fn set_host(tx: &mut Tx, id: Uuid, committee: Uuid) -> Result<()> {
    tx.exec(sql!("update mediation_track set committee_id = $2 where id = $1 and committee_id is null"), args![id, committee]).await?;
    Ok(())
}

/// How the newest track ended; an agreement that is not performed overwrites nothing but its own result.
pub async fn end(tx: &mut Tx, dispute: DisputeId, result: TrackResult, on: Date, why: &str) -> Result<()> {
    tx.exec(
        sql!("update mediation_track set ended_on = $2, result = $3, why = $4 where dispute_id = $1 and n = (select max(n) from mediation_track where dispute_id = $1) and (result is null or result = 'agreed')"),
        args![dispute, on, result, why],
    )
    .await?;
    Ok(())
}

pub async fn start_clock(tx: &mut Tx, dispute: DisputeId, s: &Spec, from: Date, due_at: Timestamp, why: &str) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_clock (station_id, id, dispute_id, kind, rule, title, source, started_on, due_at, provisional, state, why, at, by_user) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'running', $11, $12, $13)"),
        args![station, id, dispute, s.kind, s.rule, &s.title, &s.source, from, due_at, s.due.provisional, why, now, user],
    )
    .await?;
    Ok(id)
}

pub async fn clocks(r: &mut Reader, dispute: DisputeId) -> Result<Vec<ClockRow>> {
    r.all(
        sql!("select id, dispute_id, kind, rule, title, source, started_on, due_at, provisional, paused_on, state, ended_on, why, warned_at, missed_at from mediation_clock where dispute_id = $1 order by at, id limit 100"),
        args![dispute],
    )
    .await
}

pub async fn end_clock(tx: &mut Tx, id: Uuid, state: ClockState, on: Date, why: &str) -> Result<()> {
    tx.exec(
        sql!("update mediation_clock set state = $2, ended_on = $3, why = case when $4 = '' then why else $4 end where id = $1 and state in ('running', 'paused')"),
        args![id, state, on, why],
    )
    .await?;
    Ok(())
}

pub async fn pause_clock(tx: &mut Tx, id: Uuid, on: Date) -> Result<()> {
    tx.exec(sql!("update mediation_clock set state = 'paused', paused_on = $2 where id = $1 and state = 'running'"), args![id, on]).await?;
    Ok(())
}

/// Another last day after a pause; the clock is warned of anew.
pub async fn resume_clock(tx: &mut Tx, id: Uuid, due_at: Timestamp, provisional: bool) -> Result<()> {
    tx.exec(
        sql!("update mediation_clock set state = 'running', paused_on = null, due_at = $2, provisional = $3, warned_at = null, missed_at = null where id = $1 and state = 'paused'"),
        args![id, due_at, provisional],
    )
    .await?;
    Ok(())
}

/// Running clocks whose last days have come and that were not warned of.
pub async fn to_warn(r: &mut Reader, until: Timestamp) -> Result<Vec<Ticking>> {
    r.all(
        sql!("select c.station_id, c.id, c.dispute_id, c.kind, c.due_at, d.number, d.owner_id, d.lead_id from mediation_clock c join mediation_dispute d on d.id = c.dispute_id where c.state = 'running' and c.warned_at is null and c.due_at <= $1 order by c.due_at limit 500"),
        args![until],
    )
    .await
}

/// Running clocks that are over and were not reported.
pub async fn to_report(r: &mut Reader, now: Timestamp) -> Result<Vec<Ticking>> {
    r.all(
        sql!("select c.station_id, c.id, c.dispute_id, c.kind, c.due_at, d.number, d.owner_id, d.lead_id from mediation_clock c join mediation_dispute d on d.id = c.dispute_id where c.state = 'running' and c.missed_at is null and c.due_at <= $1 order by c.due_at limit 500"),
        args![now],
    )
    .await
}

/// 0 when another node was faster.
pub async fn mark_warned(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let now = tx.now();
    tx.exec(sql!("update mediation_clock set warned_at = $2 where id = $1 and warned_at is null and state = 'running'"), args![id, now]).await
}

pub async fn mark_missed(tx: &mut Tx, id: Uuid) -> Result<u64> {
    let now = tx.now();
    tx.exec(sql!("update mediation_clock set missed_at = $2 where id = $1 and missed_at is null and state = 'running'"), args![id, now]).await
}

/// Promises that are due until `day` and of which nobody was reminded.
pub async fn to_remind(r: &mut Reader, day: Date) -> Result<Vec<Coming>> {
    r.all(
        sql!("select b.station_id, b.id, b.dispute_id, b.n, b.due, b.party_id, d.number, d.owner_id, d.grid_id, d.beat_id from mediation_obligation b join mediation_dispute d on d.id = b.dispute_id where b.state = 'pending' and b.reminded_at is null and b.due <= $1 order by b.due limit 500"),
        args![day],
    )
    .await
}

pub async fn mark_reminded(tx: &mut Tx, id: ObligationId) -> Result<u64> {
    let now = tx.now();
    tx.exec(sql!("update mediation_obligation set reminded_at = $2 where id = $1 and reminded_at is null"), args![id, now]).await
}

pub async fn insert_hand_over(tx: &mut Tx, dispute: DisputeId, committee: Uuid, told: &str, on: Date) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_handover (station_id, id, dispute_id, committee_id, told, handed_on, by_user, at, answered_by, why) values ($1, $2, $3, $4, $5, $6, $7, $8, '', '')"),
        args![station, id, dispute, committee, told, on, user, now],
    )
    .await?;
    Ok(id)
}

pub async fn hand_overs(r: &mut Reader, dispute: DisputeId) -> Result<Vec<HandOver>> {
    r.all(
        sql!("select id, committee_id, told, handed_on, by_user, answer, answered_on, answered_by, why from mediation_handover where dispute_id = $1 order by at, id limit 50"),
        args![dispute],
    )
    .await
}

pub async fn answer_hand_over(tx: &mut Tx, id: Uuid, answer: Answer, on: Date, by: &str, why: &str) -> Result<()> {
    tx.exec_one(
        "这次移交",
        sql!("update mediation_handover set answer = $2, answered_on = $3, answered_by = $4, why = $5 where id = $1 and answer is null"),
        args![id, answer, on, by, why],
    )
    .await
}

pub async fn insert_application(tx: &mut Tx, dispute: DisputeId, asked: Date, what: &str, complex: bool, ours: bool) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_application (station_id, id, dispute_id, asked_on, what, complex, ours, by_user, at, why) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')"),
        args![station, id, dispute, asked, what, complex, ours, user, now],
    )
    .await?;
    Ok(id)
}

pub async fn applications(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Application>> {
    r.all(
        sql!("select id, asked_on, what, complex, ours, answer, answered_on, why from mediation_application where dispute_id = $1 order by at, id limit 50"),
        args![dispute],
    )
    .await
}

pub async fn answer_application(tx: &mut Tx, id: Uuid, answer: AdminAnswer, on: Date, why: &str) -> Result<()> {
    tx.exec_one(
        "这次申请",
        sql!("update mediation_application set answer = $2, answered_on = $3, why = $4 where id = $1 and answer is null"),
        args![id, answer, on, why],
    )
    .await
}

pub async fn insert_confirm_step(tx: &mut Tx, dispute: DisputeId, agreement: AgreementId, p: &Progress) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_confirmation (station_id, id, dispute_id, agreement_id, n, state, day, court, case_no, note, by_user, at) values ($1, $2, $3, $4, (select coalesce(max(n), 0) + 1 from mediation_confirmation where agreement_id = $4), $5, $6, $7, $8, $9, $10, $11)"),
        args![station, id, dispute, agreement, p.to, p.on, &p.court, &p.case_no, &p.note, user, now],
    )
    .await?;
    Ok(())
}

pub async fn confirm_steps(r: &mut Reader, dispute: DisputeId) -> Result<Vec<ConfirmStep>> {
    r.all(
        sql!("select agreement_id, n, state, day, court, case_no, note from mediation_confirmation where dispute_id = $1 order by at, n limit 100"),
        args![dispute],
    )
    .await
}

/// The agreement of a dispute whose joint request may still be made.
pub async fn waiting_confirmation(r: &mut Reader, dispute: DisputeId, state: Confirmation) -> Result<Vec<AgreementId>> {
    let rows = r
        .rows(
            sql!("select id from mediation_agreement where dispute_id = $1 and confirmation = $2 order by at desc limit 20"),
            args![dispute, state],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

pub async fn insert_settlement(tx: &mut Tx, dispute: DisputeId, s: &Settlement) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_self_settlement (station_id, dispute_id, id, what, settled_on, requested_on, performed_on, accepted_on, opinion, violation, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        args![station, dispute, id, &s.what, s.settled_on, s.requested_on, s.performed_on, s.accepted_on, &s.opinion, s.violation, user, now],
    )
    .await?;
    Ok(id)
}

/// Oldest first; the last one holds.
pub async fn settlements(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Settlement>> {
    r.all(
        sql!("select what, settled_on, requested_on, performed_on, accepted_on, opinion, violation from mediation_self_settlement where dispute_id = $1 order by at, id limit 20"),
        args![dispute],
    )
    .await
}

pub async fn insert_decision(tx: &mut Tx, dispute: DisputeId, n: &NewDecision) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_decision (station_id, dispute_id, id, kind, number, decided_on, note, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, dispute, id, &n.kind, &n.number, n.decided_on, &n.note, user, now],
    )
    .await?;
    Ok(id)
}

/// Decisions on the public-order case, oldest first.
pub async fn decisions(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Decision>> {
    r.all(
        sql!("select id, kind, number, decided_on, note, by_user, at from mediation_decision where dispute_id = $1 order by decided_on, at, id limit 20"),
        args![dispute],
    )
    .await
}

pub async fn insert_referral(tx: &mut Tx, dispute: DisputeId, told_to: &str, written: bool, disputed: bool, day: Date) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_referral (station_id, dispute_id, id, told_to, written, disputed, day, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, dispute, id, told_to, written, disputed, day, user, now],
    )
    .await?;
    Ok(id)
}

pub async fn referrals(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Referral>> {
    r.all(
        sql!("select told_to, written, disputed, day from mediation_referral where dispute_id = $1 order by at, id limit 20"),
        args![dispute],
    )
    .await
}

/// Other disputes of the station since `since` at one of the addresses or with one of the people,
/// without those a person has decided about and those merged into this one. Of each way the newest count. Who is shared is
/// counted of those that are shown, not of all that were near.
pub async fn others(r: &mut Reader, d: &crate::model::Dispute, people: &[PersonId], since: Timestamp) -> Result<Vec<Other>> {
    // No address is no common address. Each way to a dispute goes by its own index; an `or` over them walks the year.
    let address = d.address_id.unwrap_or(AddressId::NIL);
    let other = d.other_address_id.unwrap_or(address);
    r.all(
        sql!("select y.id, y.number, y.title, y.state, y.opened_at, y.causes, y.address_id, y.other_address_id, (select count(distinct p.person_id) from mediation_party p where p.dispute_id = y.id and p.person_id in @ids($5)) as shared from (select d.id, d.number, d.title, d.state, d.opened_at, d.causes, d.address_id, d.other_address_id from (select id from (select a.id from mediation_dispute a where a.address_id = $3 and a.opened_at >= $6 order by a.opened_at desc limit 30) as x union select id from (select a.id from mediation_dispute a where a.address_id = $4 and a.opened_at >= $6 order by a.opened_at desc limit 30) as x union select id from (select a.id from mediation_dispute a where a.other_address_id = $3 and a.opened_at >= $6 order by a.opened_at desc limit 30) as x union select id from (select a.id from mediation_dispute a where a.other_address_id = $4 and a.opened_at >= $6 order by a.opened_at desc limit 30) as x union select id from (select q.dispute_id as id from mediation_party q where q.person_id in @ids($5) order by q.added_at desc limit 60) as x) near cross join mediation_dispute d where d.id = near.id and d.station_id = $1 and d.id <> $2 and d.master_id is null and d.opened_at >= $6 and not exists (select 1 from mediation_relation x where (x.dispute_id = $2 and x.other_id = d.id) or (x.dispute_id = d.id and x.other_id = $2)) order by d.opened_at desc limit 30) y order by y.opened_at desc"),
        args![d.station_id, d.id, address, other, kernel::row::ids(people), since],
    )
    .await
}

pub async fn insert_relation(tx: &mut Tx, dispute: DisputeId, other: DisputeId, verdict: Verdict, reasons: &[Reason], note: &str) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    let reasons: Vec<&str> = reasons.iter().map(|r| r.code()).collect();
    tx.exec(
        sql!("insert into mediation_relation (station_id, id, dispute_id, other_id, verdict, reasons, note, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        args![station, id, dispute, other, verdict, reasons.join(","), note, user, now],
    )
    .await?;
    Ok(())
}

/// What was decided about this dispute and others, newest first; the newest verdict of a pair holds.
pub async fn relations(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Relation>> {
    r.all(
        sql!("select dispute_id, other_id, verdict, reasons, note, by_user, at from mediation_relation where dispute_id = $1 or other_id = $1 order by at desc, id desc limit 60"),
        args![dispute],
    )
    .await
}

/// Number, title and state of disputes, for links.
pub async fn named(r: &mut Reader, ids: &[DisputeId]) -> Result<Vec<Candidate>> {
    r.all(
        sql!("select id, number, title, state, escalated, opened_at from mediation_dispute where id in @ids($1) limit 100"),
        args![kernel::row::ids(ids)],
    )
    .await
}

/// Disputes merged into this one.
pub async fn merged_into(r: &mut Reader, master: DisputeId) -> Result<Vec<Candidate>> {
    r.all(
        sql!("select id, number, title, state, escalated, opened_at from mediation_dispute where master_id = $1 order by opened_at limit 50"),
        args![master],
    )
    .await
}

/// The dispute of the station with this number.
pub async fn by_number(r: &mut Reader, station: StationId, number: &str) -> Result<Option<DisputeId>> {
    let rows = r.rows(sql!("select id from mediation_dispute where station_id = $1 and number = $2 limit 1"), args![station, number]).await?;
    rows.first().map(|row| row.get("id")).transpose()
}

/// Disputes an incident may have come from: opened from it, at its addresses, or of its reporter.
pub async fn candidates(r: &mut Reader, station: StationId, incident: IncidentId, addresses: (Option<AddressId>, Option<AddressId>), reporter: Option<PersonId>) -> Result<Vec<Candidate>> {
    let nil = AddressId::NIL;
    r.all(
        sql!("select d.id, d.number, d.title, d.state, d.escalated, d.opened_at from (select a.id from mediation_dispute a where a.incident_id = $2 union select b.id from mediation_dispute b where b.address_id in ($3, $4) union select c.id from mediation_dispute c where c.other_address_id in ($3, $4) union select p.dispute_id from mediation_party p where p.person_id = $5) x cross join mediation_dispute d where d.id = x.id and d.station_id = $1 order by d.opened_at desc limit 10"),
        args![station, incident, addresses.0.unwrap_or(nil), addresses.1.unwrap_or(nil), reporter.unwrap_or(PersonId::NIL)],
    )
    .await
}

pub async fn insert_level(tx: &mut Tx, dispute: DisputeId, level: &str, was: &str, facts: &[String], why: &str) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_level (station_id, id, dispute_id, n, level, was, facts, why, by_user, at) values ($1, $2, $3, (select coalesce(max(n), 0) + 1 from mediation_level where dispute_id = $3), $4, $5, $6, $7, $8, $9)"),
        args![station, id, dispute, level, was, facts.join(","), why, user, now],
    )
    .await?;
    Ok(())
}

pub async fn levels(r: &mut Reader, dispute: DisputeId) -> Result<Vec<LevelLine>> {
    r.all(
        sql!("select n, level, was, facts, why, by_user, at from mediation_level where dispute_id = $1 order by n limit 100"),
        args![dispute],
    )
    .await
}

/// What is due from `from` to `until` (both included) inside the caller's reach; `owner` narrows it.
pub async fn due_between(r: &mut Reader, reach: &Reach, owner: Option<UserId>, from: Date, until: Date) -> Result<Vec<Due>> {
    let (station, narrow, grids, beats) = match reach {
        Reach::Station(s) => (*s, false, vec![], vec![]),
        Reach::Beats(s, beats) => (*s, true, vec![], beats.clone()),
        Reach::Grids(s, grids) => (*s, true, grids.clone(), vec![]),
        Reach::All | Reach::Own(_) => return Ok(vec![]),
    };
    let (anyone, whose) = (owner.is_none(), owner.unwrap_or(UserId::NIL));
    let me = r.act().actor.user;
    let (start, end) = (kernel::clock::start_of(from), kernel::clock::start_of(until.tomorrow().unwrap_or(until)));
    let rows = r
        .rows(
            sql!("select d.id, d.number, d.title, c.kind, c.due_at, c.provisional, d.owner_id from mediation_clock c join mediation_dispute d on d.id = c.dispute_id where c.station_id = $1 and c.state = 'running' and c.due_at > $2 and c.due_at <= $3 and ($4 or d.owner_id = $5) and (not $6 or d.grid_id in @ids($7) or d.beat_id in @ids($8) or d.owner_id = $9) order by c.due_at limit 500"),
            args![station, start, end, anyone, whose, narrow, kernel::row::ids(&grids), kernel::row::ids(&beats), me],
        )
        .await?;
    let mut out = vec![];
    for row in &rows {
        let kind: ClockKind = row.get("kind")?;
        let at: Timestamp = row.get("due_at")?;
        out.push(Due {
            dispute_id: row.get("id")?,
            number: row.get("number")?,
            title: row.get("title")?,
            sort: "clock".into(),
            which: kind.label().into(),
            day: kernel::clock::day_of(at.checked_sub(std::time::Duration::from_secs(1)).unwrap_or(at)),
            provisional: row.get("provisional")?,
            owner_id: row.get("owner_id")?,
        });
    }
    out.extend(
        r.all::<Due>(
            sql!("select d.id as dispute_id, d.number, d.title, 'promise' as sort, cast(b.n as text) as which, b.due as day, (1 = 0) as provisional, d.owner_id from mediation_obligation b join mediation_dispute d on d.id = b.dispute_id where b.station_id = $1 and b.state = 'pending' and b.due >= $2 and b.due <= $3 and ($4 or d.owner_id = $5) and (not $6 or d.grid_id in @ids($7) or d.beat_id in @ids($8) or d.owner_id = $9) order by b.due limit 500"),
            args![station, from, until, anyone, whose, narrow, kernel::row::ids(&grids), kernel::row::ids(&beats), me],
        )
        .await?,
    );
    out.extend(
        r.all::<Due>(
            sql!("select d.id as dispute_id, d.number, d.title, case when d.domestic_violence then 'warned' else 'visit' end as sort, cast(f.n as text) as which, f.due as day, (1 = 0) as provisional, d.owner_id from mediation_follow_up f join mediation_dispute d on d.id = f.dispute_id where f.station_id = $1 and f.done_at is null and not f.dropped and f.due >= $2 and f.due <= $3 and ($4 or d.owner_id = $5) and (not $6 or d.grid_id in @ids($7) or d.beat_id in @ids($8) or d.owner_id = $9) order by f.due limit 500"),
            args![station, from, until, anyone, whose, narrow, kernel::row::ids(&grids), kernel::row::ids(&beats), me],
        )
        .await?,
    );
    out.sort_by(|a, b| (a.day, &a.number, &a.sort).cmp(&(b.day, &b.number, &b.sort)));
    Ok(out)
}
