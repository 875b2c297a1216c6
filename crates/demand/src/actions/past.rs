//! 导入的到访: one row of a file, judged and written inside the import's own transaction (crate `exchange`).

use crate::model::{Past, PastRow, SLOT};
use crate::store;
use kernel::{Date, FieldErrors, Reader, Result, StationId, ToSpan, Tx, Uuid, clock};
use windows::model::minute_of;

/// People in a quarter hour at most.
const MOST: i64 = 500;
/// Years back at most.
const YEARS: i64 = 3;

fn find(services: &[(Uuid, String)], typed: &str) -> Option<Uuid> {
    services.iter().find(|s| s.1 == typed.trim()).map(|s| s.0)
}

/// Judges a row by what stands in the database; the sentences are for the person who mends the file.
///
/// # Errors
/// The database. That a row cannot be taken is an answer: field and sentence.
pub async fn judge_row(r: &mut Reader, station: StationId, row: &PastRow) -> Result<Result<Past, FieldErrors>> {
    let services = super::services(r, station).await?;
    let today = clock::day_of(r.now());
    let (day, minute) = (clock::day_of(row.at), minute_of(row.at));
    let mut e = FieldErrors::default();
    let service = find(&services, &row.service);
    if service.is_none() {
        let names: Vec<&str> = services.iter().take(8).map(|s| s.1.as_str()).collect();
        let known = if names.is_empty() { "还没有设业务，请先到“业务和材料”里设".to_string() } else { format!("现有：{}", names.join("、")) };
        e.add("service", format!("没有“{}”这项业务（{known}）。", kernel::text::cut(&row.service, 20)));
    }
    past_day(day, today, &mut e);
    match row.people {
        Some(n) if !(0..=MOST).contains(&n) => e.add("people", format!("一刻钟的人数应为 0 到 {MOST}。")),
        Some(_) if minute % SLOT != 0 => e.add("at", "按刻钟计数的，时刻须为整刻钟，例如 09:15。"),
        _ => {}
    }
    let Some(service) = service.filter(|_| e.is_empty()) else { return Ok(Err(e)) };
    if windows::store::drawn_on(r, station, service, day).await? {
        e.add("at", format!("{day} 的取号本系统自己有记录，不再导入，免得重复计算。"));
    }
    let by_slot = row.people.is_some();
    let (there, kind) = store::past_at(r, station, service, day, minute / SLOT * SLOT).await?;
    if kind.is_some_and(|k| k != by_slot) {
        e.add("at", format!("{day} 已按另一种口径（{}）导入过，不能混在一起。", if by_slot { "一人一行" } else { "按刻钟计数" }));
    } else if by_slot && let Some(n) = there {
        e.add("at", format!("{day} 这一刻钟已导入过（{n} 人）。"));
    }
    let past = Past { service_id: service, day, minute: minute / SLOT * SLOT, people: row.people.unwrap_or(1), by_slot };
    Ok(if e.is_empty() { Ok(past) } else { Err(e) })
}

fn past_day(day: Date, today: Date, e: &mut FieldErrors) {
    if day >= today {
        e.add("at", "只能导入今天以前的到访。");
    } else if day < today.saturating_sub(YEARS.years()) {
        e.add("at", format!("早于 {YEARS} 年的到访不能说明现在的需求，不导入。"));
    }
}

/// Writes a row inside a running write. Returns the service, or why not.
pub async fn import_row(tx: &mut Tx, station: StationId, row: &PastRow) -> Result<Result<Uuid, FieldErrors>> {
    match judge_row(tx, station, row).await? {
        Ok(past) => {
            store::add_past(tx, station, &past).await?;
            Ok(Ok(past.service_id))
        }
        Err(e) => Ok(Err(e)),
    }
}
