//! Models as JSON, as a peer reads them: whole numbers and indexes as in the model, nothing left out that costs or forbids.

use super::Named;
use serde_json::{Value, json};
use solver::roster::{Fairness, Mix, Model, Person};
use std::path::Path;

/// Writes `<name>.json` for each model into a folder.
///
/// # Errors
/// A folder or file that cannot be written, an instance that was refused.
pub fn write(to: &Path, all: &[Named]) -> Result<(), String> {
    std::fs::create_dir_all(to).map_err(|e| format!("{}: {e}", to.display()))?;
    for (name, model) in all {
        let model = model.as_ref().map_err(|why| format!("{name}: {why}"))?;
        let path = to.join(format!("{name}.json"));
        std::fs::write(&path, value(model).to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn value(m: &Model) -> Value {
    json!({
        "days": m.days,
        "kinds": m.kinds.iter().map(|k| json!({ "name": k.name, "minutes": k.minutes, "never_then": k.never_then })).collect::<Vec<_>>(),
        "people": m.people.iter().map(person).collect::<Vec<_>>(),
        "weekends": m.weekends,
        "weeks": m.weeks,
        "cover": m.cover.iter().map(|c| json!({ "day": c.day, "kind": c.kind, "need": c.need, "under": c.under, "over": c.over, "hard": c.hard })).collect::<Vec<_>>(),
        "requests": m.requests.iter().map(|r| json!({ "person": r.person, "day": r.day, "kind": r.kind, "on": r.on, "weight": r.weight })).collect::<Vec<_>>(),
        "costs": m.costs.iter().map(|c| json!({ "person": c.person, "day": c.day, "kind": c.kind, "cost": c.cost })).collect::<Vec<_>>(),
        "mixes": m.mixes.iter().map(mix).collect::<Vec<_>>(),
        "fairness": m.fairness.iter().map(fairness).collect::<Vec<_>>(),
    })
}

fn person(p: &Person) -> Value {
    json!({
        "name": p.name, "min_minutes": p.min_minutes, "max_minutes": p.max_minutes, "max_week": p.max_week,
        "max_run": p.max_run, "min_run": p.min_run, "min_off": p.min_off, "max_weekends": p.max_weekends,
        "max_of_kind": p.max_of_kind, "max_together": p.max_together, "days_off": p.days_off, "fixed": p.fixed, "barred": p.barred,
        "history": p.history.map(|h| json!({ "last": h.last, "run": h.run })), "next": p.next, "away": p.away,
        "any_succession": p.any_succession,
    })
}

fn mix(m: &Mix) -> Value {
    json!({ "day": m.day, "kinds": m.kinds, "people": m.people, "least": m.least, "under": m.under, "hard": m.hard })
}

fn fairness(f: &Fairness) -> Value {
    json!({ "people": f.people, "cells": f.cells, "weight": f.weight, "free": f.free })
}
