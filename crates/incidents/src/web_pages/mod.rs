//! Pages: desk, register, detail, forms, shift hand-over.

pub mod desk;
pub mod detail;
pub mod forms;
pub mod handover;
pub mod receipt;
pub mod register;
pub mod repeats;
pub mod retention;
pub mod transfer;

use crate::model::Line;
use kernel::rules::RuleSet;

/// A line of desk and register with its names looked up.
pub(crate) struct LineView {
    pub line: Line,
    pub source: String,
    pub category: String,
    pub level: String,
    /// How many others of the same cluster stand on this page.
    pub alike: usize,
    pub unlocated: bool,
}

pub(crate) fn views(lines: Vec<Line>, rules: &RuleSet) -> Vec<LineView> {
    let clusters: Vec<_> = lines.iter().map(|l| l.cluster_id).collect();
    lines
        .into_iter()
        .map(|line| {
            let code = line.found_category.as_deref().or(line.category.as_deref());
            LineView {
                source: rules.name("incident.source", &line.source_code).to_string(),
                category: code.map_or_else(|| "未定类".to_string(), |c| rules.name("incident.category1", c).to_string()),
                level: line.level.as_deref().map_or(String::new(), |l| rules.name("incident.level", l).to_string()),
                alike: clusters.iter().filter(|c| **c == line.cluster_id).count() - 1,
                unlocated: line.beat_id.is_none() && line.grid_id.is_none(),
                line,
            }
        })
        .collect()
}

/// A code and its name, for select boxes.
pub(crate) struct Choice {
    pub code: String,
    pub name: String,
}

pub(crate) fn choices(rules: &RuleSet, list: &str, today: kernel::Date) -> Vec<Choice> {
    rules.list(list, today).into_iter().map(|c| Choice { code: c.code.clone(), name: c.name.clone() }).collect()
}

/// What the station of this code offers.
pub(crate) fn choices_at(rules: &RuleSet, list: &str, station: &str, today: kernel::Date) -> Vec<Choice> {
    rules.list_at(list, station, today).into_iter().map(|c| Choice { code: c.code.clone(), name: c.name.clone() }).collect()
}

/// Fine types by category, for select boxes with groups; categories without any are left out.
pub(crate) fn fine_choices(rules: &RuleSet, today: kernel::Date) -> Vec<(String, Vec<Choice>)> {
    rules
        .list("incident.category1", today)
        .into_iter()
        .map(|c| {
            let fine = crate::rules::fine_types(rules, &c.code, today).into_iter();
            (c.name.clone(), fine.map(|f| Choice { code: f.code.clone(), name: f.name.clone() }).collect::<Vec<_>>())
        })
        .filter(|(_, fine)| !fine.is_empty())
        .collect()
}
