//! The only SQL of the domain. Numbers, steps and changes are appended and never altered; text changes only
//! while a briefing is being edited.

use crate::model::{Edit, Item, Later, Report, State, Step, Whole};
use kernel::{DisputeId, Error, Reader, Refusal, Result, StationId, Timestamp, Tx, Uuid, args, sql};

/// Writes a draft with everything frozen.
pub async fn insert(tx: &mut Tx, w: &Whole) -> Result<()> {
    let r = &w.report;
    tx.exec(
        sql!("insert into bulletins_report (station_id, id, kind, title, number, from_day, until_day, shift_from, shift_until, as_of, latent_days, min_n, min_base, state, leader, copies, cc, drafted_at, version) values ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)"),
        args![
            r.station_id, r.id, r.kind, &r.title, r.from_day, r.until_day, r.shift_from, r.shift_until, r.as_of,
            r.latent_days, r.min_n, r.min_base, r.state, &r.leader, &r.copies, &r.cc, r.drafted_at
        ],
    )
    .await?;
    for s in &w.sections {
        tx.exec(
            sql!("insert into bulletins_section (station_id, report_id, n, key, heading, text) values ($1, $2, $3, $4, $5, $6)"),
            args![r.station_id, r.id, s.n, &s.key, &s.heading, &s.text],
        )
        .await?;
    }
    for l in &w.lines {
        tx.exec(
            sql!("insert into bulletins_line (station_id, report_id, n, key, part, label, edition, numerator, denominator, before_numerator, before_denominator, year_numerator, year_denominator, whole) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"),
            args![
                r.station_id, r.id, l.n, &l.key, &l.part, &l.label, l.edition, l.numerator, l.denominator,
                l.before_numerator, l.before_denominator, l.year_numerator, l.year_denominator, l.whole
            ],
        )
        .await?;
    }
    for i in &w.items {
        tx.exec(
            sql!("insert into bulletins_item (station_id, report_id, list, n, record_id, number, title, note) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
            args![r.station_id, r.id, &i.list, i.n, i.record_id, &i.number, &i.title, &i.note],
        )
        .await?;
    }
    Ok(())
}

/// Appends a step.
pub async fn step(tx: &mut Tx, station: StationId, report: Uuid, step: Step, note: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into bulletins_step (station_id, report_id, n, at, by_user, step, note) values ($1, $2, (select coalesce(max(n), 0) + 1 from bulletins_step where station_id = $1 and report_id = $2), $3, $4, $5, $6)"),
        args![station, report, now, user, step, note],
    )
    .await?;
    Ok(())
}

/// The new state; refused when somebody else was faster.
pub async fn set_state(tx: &mut Tx, r: &Report, to: State, published: Option<(&str, Timestamp)>) -> Result<()> {
    let (number, at) = published.map_or((r.number.as_str(), r.published_at), |(n, at)| (n, Some(at)));
    let n = tx
        .exec(
            sql!("update bulletins_report set state = $3, number = $4, published_at = $5, version = version + 1 where id = $1 and version = $2"),
            args![r.id, r.version, to, number, at],
        )
        .await?;
    stale(n)
}

/// Title, names and texts; refused when somebody else was faster.
pub async fn edit(tx: &mut Tx, r: &Report, version: i64, e: &Edit) -> Result<()> {
    let n = tx
        .exec(
            sql!("update bulletins_report set title = $3, leader = $4, copies = $5, cc = $6, version = version + 1 where id = $1 and version = $2 and state = 'draft'"),
            args![r.id, version, &e.title, &e.leader, &e.copies, &e.cc],
        )
        .await?;
    stale(n)?;
    for (n, text) in &e.texts {
        tx.exec(
            sql!("update bulletins_section set text = $4 where station_id = $1 and report_id = $2 and n = $3"),
            args![r.station_id, r.id, *n, text],
        )
        .await?;
    }
    Ok(())
}

fn stale(n: u64) -> Result<()> {
    if n == 1 {
        return Ok(());
    }
    Err(Refusal::new("bulletins.stale", "这份通报刚刚被他人处理过。", "您写的还在表单里；请在另一个窗口看清最新内容后再保存。").into())
}

/// One briefing, or "not found".
pub async fn report(r: &mut Reader, id: Uuid) -> Result<Report> {
    r.opt(
        sql!("select station_id, id, kind, title, number, from_day, until_day, shift_from, shift_until, as_of, latent_days, min_n, min_base, state, leader, copies, cc, drafted_at, published_at, changed_at, version from bulletins_report where id = $1"),
        args![id],
    )
    .await?
    .ok_or(Error::NotFound("这份通报"))
}

/// The same with all that belongs to it.
pub async fn whole(r: &mut Reader, id: Uuid) -> Result<Whole> {
    let report = report(r, id).await?;
    let at = || args![report.station_id, id];
    let sections = r.all(sql!("select n, key, heading, text from bulletins_section where station_id = $1 and report_id = $2 order by n limit 20"), at()).await?;
    let lines = r
        .all(
            sql!("select n, key, part, label, edition, numerator, denominator, before_numerator, before_denominator, year_numerator, year_denominator, whole from bulletins_line where station_id = $1 and report_id = $2 order by n limit 3000"),
            at(),
        )
        .await?;
    let items: Vec<Item> = r
        .all(sql!("select list, n, record_id, number, title, note from bulletins_item where station_id = $1 and report_id = $2 order by list, n limit 500"), at())
        .await?;
    let steps = r.all(sql!("select n, at, by_user, step, note from bulletins_step where station_id = $1 and report_id = $2 order by n limit 200"), at()).await?;
    let changes = r
        .all(
            sql!("select n, at, line, old_numerator, old_denominator, new_numerator, new_denominator, dispute_id from bulletins_change where station_id = $1 and report_id = $2 order by n limit 200"),
            at(),
        )
        .await?;
    for i in &items {
        r.saw("incident", i.record_id);
    }
    Ok(Whole { report, sections, lines, items, steps, changes })
}

/// Newest first.
pub async fn list(r: &mut Reader, station: StationId) -> Result<Vec<Report>> {
    r.all(
        sql!("select station_id, id, kind, title, number, from_day, until_day, shift_from, shift_until, as_of, latent_days, min_n, min_base, state, leader, copies, cc, drafted_at, published_at, changed_at, version from bulletins_report where station_id = $1 order by drafted_at desc, id desc limit 100"),
        args![station],
    )
    .await
}

/// Published ones whose period holds the day, with the line of a figure.
pub async fn published_over(r: &mut Reader, station: StationId, day: kernel::Date, key: &str) -> Result<Vec<Whole>> {
    let rows = r
        .rows(
            sql!("select r.id from bulletins_report r where r.station_id = $1 and r.state = 'published' and r.from_day <= $2 and r.until_day >= $2 and exists (select 1 from bulletins_line l where l.station_id = r.station_id and l.report_id = r.id and l.key = $3) order by r.drafted_at desc limit 200"),
            args![station, day, key],
        )
        .await?;
    let mut out = vec![];
    for row in &rows {
        out.push(whole(r, row.get("id")?).await?);
    }
    Ok(out)
}

/// Marks a published number as changed.
pub async fn change(tx: &mut Tx, r: &Report, c: &Later, dispute: DisputeId) -> Result<()> {
    let now = tx.now();
    tx.exec(
        sql!("insert into bulletins_change (station_id, report_id, n, at, line, old_numerator, old_denominator, new_numerator, new_denominator, dispute_id) values ($1, $2, (select coalesce(max(n), 0) + 1 from bulletins_change where station_id = $1 and report_id = $2), $3, $4, $5, $6, $7, $8, $9)"),
        args![r.station_id, r.id, now, c.line, c.old_numerator, c.old_denominator, c.new_numerator, c.new_denominator, dispute],
    )
    .await?;
    tx.exec(sql!("update bulletins_report set changed_at = $2 where id = $1"), args![r.id, now]).await?;
    Ok(())
}
