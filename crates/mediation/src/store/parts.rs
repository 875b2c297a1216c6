//! What hangs on a dispute: parties, gates, talks, agreement, promises, follow-ups, warnings, links, log.

use crate::model::{
    Agreement, Committee, Confirmation, Dispute, FollowUp, Found, Gate, Kept, Link, LogLine, NewAgreement, NewParty,
    NewPromise, NewTalk, NewWarning, Obligation, Party, Side, Talk, Term, Track, Warning,
};
use kernel::{
    AgreementId, Date, DisputeId, FollowUpId, ObligationId, PersonId, Reader, Result, Role, StationId, Tx, UserId, Uuid, args, sql,
};

pub async fn insert_party(tx: &mut Tx, dispute: DisputeId, person: PersonId, side: Side, p: &NewParty) -> Result<Uuid> {
    let (now, station) = (tx.now(), tx.act().station);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_party (station_id, id, dispute_id, person_id, side, minor, suspect, guardian, guardian_exempt, agent_name, agent_relation, agent_power, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"),
        args![station, id, dispute, person, side, p.minor, p.suspect, &p.guardian, &p.guardian_exempt, &p.agent_name, &p.agent_relation, &p.agent_power, now],
    )
    .await?;
    Ok(id)
}

pub async fn parties(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Party>> {
    r.all(
        sql!("select id, person_id, side, minor, suspect, guardian, guardian_exempt, agent_name, agent_relation, agent_power, added_at from mediation_party where dispute_id = $1 order by side, added_at, id limit 50"),
        args![dispute],
    )
    .await
}

/// Guardian, exemption, agent and standing of a party as known now.
pub async fn amend_party(tx: &mut Tx, id: Uuid, p: &NewParty) -> Result<()> {
    tx.exec_one(
        "当事人",
        sql!("update mediation_party set minor = $2, suspect = $3, guardian = $4, guardian_exempt = $5, agent_name = $6, agent_relation = $7, agent_power = $8 where id = $1"),
        args![id, p.minor, p.suspect, &p.guardian, &p.guardian_exempt, &p.agent_name, &p.agent_relation, &p.agent_power],
    )
    .await
}

pub async fn insert_gate(tx: &mut Tx, dispute: DisputeId, track: Track, passed: bool, answers: &str, (why, source): (&str, &str)) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_gate (station_id, id, dispute_id, track, at, by_user, passed, answers, why, source) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        args![station, id, dispute, track, now, user, passed, answers, why, source],
    )
    .await?;
    Ok(())
}

pub async fn gates(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Gate>> {
    r.all(
        sql!("select id, track, at, by_user, passed, answers, why, source from mediation_gate where dispute_id = $1 order by at, id limit 50"),
        args![dispute],
    )
    .await
}

pub async fn add_fact(tx: &mut Tx, dispute: DisputeId, fact: &str, note: &str) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    tx.exec(
        sql!("insert into mediation_fact (station_id, dispute_id, fact, at, by_user, note) values ($1, $2, $3, $4, $5, $6) on conflict (station_id, dispute_id, fact) do nothing"),
        args![station, dispute, fact, now, user, note],
    )
    .await?;
    Ok(())
}

pub async fn facts(r: &mut Reader, dispute: DisputeId) -> Result<Vec<String>> {
    let rows = r
        .rows(sql!("select fact from mediation_fact where dispute_id = $1 order by at limit 30"), args![dispute])
        .await?;
    rows.iter().map(|row| row.get("fact")).collect()
}

pub async fn insert_talk(tx: &mut Tx, d: &Dispute, n: i64, t: &NewTalk, crew: &[(UserId, Role)]) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_talk (station_id, id, dispute_id, kind, track, n, held_from, held_until, place, committee_id, mediator, host_user, recorded, text, by_user, at, recording_no) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"),
        args![station, id, d.id, t.kind, d.track, n, t.held_from, t.held_until, &t.place, t.committee, &t.mediator, t.host, t.recorded, &t.text, user, now, &t.recording_no],
    )
    .await?;
    for (user, role) in crew {
        tx.exec(
            sql!("insert into mediation_talk_crew (talk_id, user_id, role) values ($1, $2, $3) on conflict (talk_id, user_id) do nothing"),
            args![id, *user, *role],
        )
        .await?;
    }
    Ok(id)
}

pub async fn talks(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Talk>> {
    r.all(
        sql!("select id, kind, track, n, held_from, held_until, place, committee_id, mediator, host_user, recorded, text, recording_no from mediation_talk where dispute_id = $1 order by held_from, id limit 100"),
        args![dispute],
    )
    .await
}

/// Writes down the number of the recording of a talk or an agreement that has none yet; rows changed.
pub async fn number_recording(tx: &mut Tx, dispute: DisputeId, record: Uuid, no: &str) -> Result<u64> {
    let args = || args![record, dispute, no];
    let talks = tx.exec(sql!("update mediation_talk set recording_no = $3 where id = $1 and dispute_id = $2 and recorded and recording_no = ''"), args()).await?;
    let signed = tx.exec(sql!("update mediation_agreement set recording_no = $3 where id = $1 and dispute_id = $2 and signing_recorded and recording_no = ''"), args()).await?;
    Ok(talks + signed)
}

/// Who took part, per talk.
pub async fn crews(r: &mut Reader, dispute: DisputeId) -> Result<Vec<(Uuid, UserId)>> {
    let rows = r
        .rows(
            sql!("select c.talk_id, c.user_id from mediation_talk_crew c join mediation_talk t on t.id = c.talk_id where t.dispute_id = $1 limit 500"),
            args![dispute],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("talk_id")?, row.get("user_id")?))).collect()
}

pub async fn insert_agreement(
    tx: &mut Tx,
    d: &Dispute,
    id: AgreementId,
    number: (&str, i64, i64),
    track: Track,
    a: &NewAgreement,
    confirmation: Option<(Confirmation, Date)>,
) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    tx.exec(
        sql!("insert into mediation_agreement (station_id, id, dispute_id, number, year, n, track, form, committee_id, mediator, facts, points, duties, held_at, place, signed_on, signing_recorded, electronic, by_user, at, confirmation, confirmation_due, recorder, no_cost_dispute, spot_consent, identity_note, recording_no) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)"),
        args![
            station, id, d.id, number.0, number.1, number.2, track, a.form, a.committee, &a.mediator, &a.facts, &a.points,
            &a.duties, a.held_at, &a.place, a.signed_on, a.signing_recorded, a.electronic, user, now,
            confirmation.map(|c| c.0), confirmation.map(|c| c.1), &a.recorder, a.no_cost_dispute, a.spot_consent, &a.identity_note,
            &a.recording_no
        ],
    )
    .await?;
    Ok(())
}

/// 在场人员 of an agreement, with their roles of that day.
pub async fn insert_agreement_crew(tx: &mut Tx, id: AgreementId, crew: &[(UserId, Role)]) -> Result<()> {
    let station = tx.act().station;
    for (user, role) in crew {
        tx.exec(
            sql!("insert into mediation_agreement_crew (station_id, agreement_id, user_id, role) values ($1, $2, $3, $4) on conflict (station_id, agreement_id, user_id) do nothing"),
            args![station, id, *user, *role],
        )
        .await?;
    }
    Ok(())
}

/// Who was there, per agreement, with the role of that day.
pub async fn agreement_crews(r: &mut Reader, dispute: DisputeId) -> Result<Vec<(AgreementId, UserId, Role)>> {
    let rows = r
        .rows(
            sql!("select c.agreement_id, c.user_id, c.role from mediation_agreement a join mediation_agreement_crew c on c.station_id = a.station_id and c.agreement_id = a.id where a.dispute_id = $1 order by c.agreement_id, c.user_id limit 500"),
            args![dispute],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("agreement_id")?, row.get("user_id")?, row.get("role")?))).collect()
}

/// Agreements of a dispute, newest first.
pub async fn agreements(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Agreement>> {
    r.all(
        sql!("select id, number, track, form, committee_id, mediator, facts, points, duties, held_at, place, signed_on, signing_recorded, electronic, by_user, at, confirmation, confirmation_due, recorder, no_cost_dispute, spot_consent, identity_note, recording_no from mediation_agreement where dispute_id = $1 order by at desc, id desc limit 20"),
        args![dispute],
    )
    .await
}

pub async fn set_confirmation(tx: &mut Tx, id: AgreementId, to: Confirmation) -> Result<()> {
    tx.exec(sql!("update mediation_agreement set confirmation = $2 where id = $1"), args![id, to]).await?;
    Ok(())
}

pub async fn insert_promise(tx: &mut Tx, d: DisputeId, a: AgreementId, n: i64, signed_on: Date, p: &NewPromise) -> Result<ObligationId> {
    let station = tx.act().station;
    let id: ObligationId = tx.fresh();
    let term = p.term.unwrap_or(Term::By);
    let state = if term == Term::Standing { Kept::Standing } else { Kept::Pending };
    tx.exec(
        sql!("insert into mediation_obligation (station_id, id, dispute_id, agreement_id, n, party_id, text, how, due, term, term_why, state, proof) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '')"),
        args![station, id, d, a, n, p.party, &p.text, &p.how, p.due(signed_on), term, &p.why, state],
    )
    .await?;
    remember_promise(tx, id).await?;
    Ok(id)
}

/// Appends what the promise is after a change; figures read it as known on any moment.
async fn remember_promise(tx: &mut Tx, id: ObligationId) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into mediation_promise_log (station_id, obligation_id, dispute_id, agreement_id, n, at, by_user, state, due, done_on) select o.station_id, o.id, o.dispute_id, o.agreement_id, (select coalesce(max(p.n), 0) + 1 from mediation_promise_log p where p.station_id = o.station_id and p.obligation_id = o.id), $2, $3, o.state, o.due, o.done_on from mediation_obligation o where o.id = $1"),
        args![id, now, user],
    )
    .await?;
    Ok(())
}

pub async fn obligations(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Obligation>> {
    r.all(
        sql!("select id, agreement_id, n, party_id, text, how, due, term, term_why, state, done_on, proof from mediation_obligation where dispute_id = $1 order by agreement_id, n limit 100"),
        args![dispute],
    )
    .await
}

pub async fn settle_promise(tx: &mut Tx, id: ObligationId, state: Kept, on: Option<Date>, proof: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec_one(
        "这项义务",
        sql!("update mediation_obligation set state = $2, done_on = $3, proof = $4, settled_by = $5, settled_at = $6 where id = $1"),
        args![id, state, on, proof, user, now],
    )
    .await?;
    remember_promise(tx, id).await
}

pub async fn insert_follow_up(tx: &mut Tx, dispute: DisputeId, n: i64, due: Date, mode: &str) -> Result<FollowUpId> {
    let (now, station) = (tx.now(), tx.act().station);
    let id: FollowUpId = tx.fresh();
    tx.exec(
        sql!("insert into mediation_follow_up (station_id, id, dispute_id, n, due, mode, planned_at, interviewee, note, dropped) values ($1, $2, $3, $4, $5, $6, $7, '', '', $8)"),
        args![station, id, dispute, n, due, mode, now, false],
    )
    .await?;
    Ok(id)
}

pub async fn follow_ups(r: &mut Reader, dispute: DisputeId) -> Result<Vec<FollowUp>> {
    r.all(
        sql!("select id, n, due, mode, done_at, by_user, by_mode, interviewee, finding, satisfaction, note, dropped, whom, suit, signs, measures from mediation_follow_up where dispute_id = $1 order by due, n limit 100"),
        args![dispute],
    )
    .await
}

/// Writes down a follow-up; 0 when it was written down before.
pub async fn finish_follow_up(tx: &mut Tx, id: FollowUpId, f: &Found) -> Result<u64> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("update mediation_follow_up set done_at = $2, by_user = $3, by_mode = $4, interviewee = $5, finding = $6, satisfaction = $7, note = $8, whom = $9, suit = $10, signs = $11, measures = $12 where id = $1 and done_at is null"),
        args![id, now, user, &f.mode, &f.interviewee, &f.finding, f.satisfaction.clone(), &f.note, &f.whom, &f.suit, &f.signs, &f.measures],
    )
    .await
}

/// Open follow-ups are dropped when the matter is opened again; new ones follow its new end.
pub async fn drop_follow_ups(tx: &mut Tx, dispute: DisputeId) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("update mediation_follow_up set dropped = $2, dropped_at = $3 where dispute_id = $1 and done_at is null and not dropped"),
        args![dispute, true, now],
    )
    .await?;
    Ok(())
}

pub async fn insert_warning(tx: &mut Tx, dispute: DisputeId, w: &NewWarning) -> Result<Uuid> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_warning (station_id, id, dispute_id, facts, prohibition, offender_party, victim_party, served_offender_on, served_victim_on, committee_told, told_on, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"),
        args![station, id, dispute, &w.facts, &w.prohibition, w.offender, w.victim, w.served_offender_on, w.served_victim_on, &w.committee_told, w.told_on, user, now],
    )
    .await?;
    Ok(id)
}

pub async fn warnings(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Warning>> {
    r.all(
        sql!("select id, offender_party, victim_party, facts, prohibition, served_offender_on, served_victim_on, committee_told, told_on, by_user, at from mediation_warning where dispute_id = $1 order by at, id limit 20"),
        args![dispute],
    )
    .await
}

pub async fn insert_link(tx: &mut Tx, dispute: DisputeId, l: &Link) -> Result<()> {
    let (now, station, user) = (tx.now(), tx.act().station, tx.act().actor.user);
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_link (station_id, id, dispute_id, kind, other_kind, other_id, case_no, day, note, by_user, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        args![station, id, dispute, &l.kind, &l.other_kind, l.other_id, &l.case_no, l.day, &l.note, user, now],
    )
    .await?;
    Ok(())
}

pub async fn links(r: &mut Reader, dispute: DisputeId) -> Result<Vec<Link>> {
    r.all(
        sql!("select kind, other_kind, other_id, case_no, day, note from mediation_link where dispute_id = $1 order by at, id limit 50"),
        args![dispute],
    )
    .await
}

pub async fn log_of(r: &mut Reader, dispute: DisputeId) -> Result<Vec<LogLine>> {
    r.all(
        sql!("select at, by_user, by_role, step, note from mediation_log where dispute_id = $1 order by n limit 500"),
        args![dispute],
    )
    .await
}

pub async fn insert_committee(tx: &mut Tx, name: &str, mediators: &str, area: &str) -> Result<Uuid> {
    let station = tx.act().station;
    let id: Uuid = tx.fresh();
    tx.exec(
        sql!("insert into mediation_committee (station_id, id, name, mediators, area) values ($1, $2, $3, $4, $5)"),
        args![station, id, name, mediators, area],
    )
    .await?;
    Ok(id)
}

pub async fn committees(r: &mut Reader, station: StationId) -> Result<Vec<Committee>> {
    r.all(
        sql!("select id, name, mediators, area from mediation_committee where station_id = $1 and ended_at is null order by name limit 100"),
        args![station],
    )
    .await
}
