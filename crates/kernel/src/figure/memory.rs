//! Counts that stay true until something is written.
//!
//! A figure reads what was appended up to a moment. As long as no chain got an entry of a change since a count was
//! made, and the moment asked for is not before that change, the same question has the same answer; so it is counted
//! once (`docs/decisions/0024-counts-kept-until-a-write.md`). Looks change nothing and do not end it.

use super::{Arg, Period, values};
use crate::{Reader, Result, Row, Sql, Timestamp, Value, sql};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long it is waited for others that count.
const PATIENCE: Duration = Duration::from_secs(20);
/// Counts kept at most; then all are forgotten.
const MOST: usize = 4096;

/// What all chains together hold of changes: grows with every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    changes: i64,
    last: Timestamp,
}

/// Parts and their counts.
type Counts = Arc<[(String, i64)]>;

/// What a statement's rows are made into.
pub(crate) type Read = fn(&[Row]) -> Result<Vec<(String, i64)>>;

/// The counts of one program, shared by its readers.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, (Written, Counts)>>);

impl Memory {
    fn get(&self, key: &str, now: Written) -> Option<Counts> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(key).filter(|(then, _)| *then == now).map(|(_, c)| c.clone())
    }

    fn put(&self, key: String, now: Written, counts: Counts) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        // Who waited for a turn may have asked before others did that were served since.
        if all.get(&key).is_none_or(|(then, _)| then.changes <= now.changes) {
            all.insert(key, (now, counts));
        }
    }
}

async fn written(r: &mut Reader) -> Result<Written> {
    if let Some(known) = r.written {
        return Ok(known);
    }
    let all = sql!(
        "select cast(coalesce(sum(wrote), 0) as @int) as n, coalesce(max(wrote_at), 0) as at from kernel_audit_head"
    );
    let rows = r.rows(all, vec![]).await?;
    let row: &Row = rows.first().ok_or_else(|| crate::Error::internal("no row of a sum"))?;
    let now = Written { changes: row.get("n")?, last: row.get("at")? };
    r.written = Some(now);
    Ok(now)
}

/// Runs `statement` for `p` and gives what `read` makes of its rows, or what was made of them before.
pub(crate) async fn counts(
    r: &mut Reader,
    statement: &'static Sql,
    args: &[Arg],
    p: &Period,
    read: Read,
) -> Result<Counts> {
    let Some(memory) = r.memory.clone() else {
        return Ok(read(&r.rows(statement, values(args, p)).await?)?.into());
    };
    let now = written(r).await?;
    if p.as_of < now.last {
        let _turn = r.conn.turn(PATIENCE).await?;
        return Ok(read(&r.rows(statement, values(args, p)).await?)?.into());
    }
    // All that was written is known at the moment asked for, so that the moment itself does not matter.
    let timeless: Vec<Value> = values(&args.iter().copied().filter(|a| *a != Arg::AsOf).collect::<Vec<_>>(), p);
    let key = format!("{:p} {timeless:?}", statement);
    if let Some(known) = memory.get(&key, now) {
        return Ok(known);
    }
    // After a write everybody who looks needs the same counts, and they take seconds where there are years of data. Whoever
    // comes first counts for all; the others find it counted when it is their turn.
    let _turn = r.conn.turn(PATIENCE).await?;
    if let Some(known) = memory.get(&key, now) {
        return Ok(known);
    }
    let counts: Counts = read(&r.rows(statement, values(args, p)).await?)?.into();
    memory.put(key, now, counts.clone());
    Ok(counts)
}
