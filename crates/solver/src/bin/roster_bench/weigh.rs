//! The linear programmes that were weighed, timed on the masters of each instance (decision 0015).

use super::{Args, Named};
use serde_json::json;
use solver::roster::{Control, masters};
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// One table for each instance, or with `--json` one array.
///
/// # Errors
/// An instance that was refused or has no roster.
pub fn all(a: &Args, rounds: usize, all: &[Named], out: &mut dyn Write) -> Result<(), String> {
    let mut results = vec![];
    for (name, model) in all {
        let model = model.as_ref().map_err(|why| format!("{name}: {why}"))?;
        let start = Instant::now();
        let elapsed = move || start.elapsed().as_secs_f64();
        let stop = AtomicBool::new(false);
        let control = Control { elapsed: &elapsed, seconds: a.seconds, stop: &stop, seed: a.seed, threads: 1, rounds: None };
        let w = masters(model, rounds, &control, Rc::new(elapsed)).map_err(|e| format!("{name}: {e}"))?;
        if !a.json {
            let head = format!("{name}: at the end {} rows, {} columns; bound {:.1}", w.rows, w.columns, w.bound);
            writeln!(out, "{head}\n  {:<10} {:>7} {:>7} {:>9} {:>12} {:>12}  duals", "programme", "solved", "failed", "seconds", "ms a master", "difference").map_err(|e| e.to_string())?;
        }
        for t in &w.timings {
            let asked = (t.solved + t.failed).max(1);
            if !a.json {
                let each = 1000.0 * t.seconds / asked as f64;
                let duals = if t.duals { "told" } else { "not told" };
                writeln!(out, "  {:<10} {:>7} {:>7} {:>9.2} {each:>12.1} {:>12.1e}  {duals}", t.name, t.solved, t.failed, t.seconds, t.worst).map_err(|e| e.to_string())?;
            }
            results.push(json!({
                "name": name, "rows": w.rows, "columns": w.columns, "programme": t.name, "solved": t.solved, "failed": t.failed,
                "seconds": t.seconds, "difference": t.worst, "duals": t.duals,
            }));
        }
    }
    if a.json {
        writeln!(out, "{}", serde_json::Value::Array(results)).map_err(|e| e.to_string())?;
    }
    Ok(())
}
