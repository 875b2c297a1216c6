//! 类别对照: which class of one list stands for which of another, as data of the rule pack.
//!
//! Entries of the list `category.map` carry both ends, how well they fit, and the causes for which a
//! part applies. Several may stand for one class; what has none is shown as unmapped, not guessed.

use kernel::Date;
use kernel::rules::RuleSet;

/// The lists that stand side by side, with their short names.
pub const LISTS: &[(&str, &str)] = &[
    ("dispute.category.judicial", "司法行政（18 类）"),
    ("dispute.category.police", "110 纠纷细类"),
    ("dispute.category.governance", "综治、网格"),
    ("dispute.category.local", "本地扩展"),
];

/// One counterpart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    pub list: String,
    pub code: String,
    /// `same`, `broader` or `part`.
    pub fit: String,
    pub note: String,
    pub causes: Vec<String>,
    pub source: String,
    pub from: String,
}

impl Counterpart {
    pub fn fit_label(&self) -> &'static str {
        match self.fit.as_str() {
            "same" => "一致",
            "broader" => "并入",
            _ => "部分",
        }
    }
}

/// Counterparts of `code` in all other lists on `day`, in both directions of the table.
pub fn of(rules: &RuleSet, list: &str, code: &str, day: Date) -> Vec<Counterpart> {
    rules
        .list("category.map", day)
        .into_iter()
        .filter_map(|c| {
            let end = |l: &str, k: &str| Some((c.attr_text(l)?.to_string(), c.attr_text(k)?.to_string()));
            let (a, b) = (end("from_list", "from")?, end("to_list", "to")?);
            let here = (list.to_string(), code.to_string());
            let (forward, other) = if a == here {
                (true, b)
            } else if b == here {
                (false, a)
            } else {
                return None;
            };
            let fit = c.attr_text("fit").unwrap_or("part");
            Some(Counterpart {
                list: other.0,
                code: other.1,
                // Seen from the wider list, each of several narrower ones is a part.
                fit: if !forward && fit == "broader" { "part".into() } else { fit.into() },
                note: c.name.clone(),
                causes: c.attr_text("causes").unwrap_or("").split(',').filter(|x| !x.is_empty()).map(str::to_string).collect(),
                source: c.source.clone(),
                from: c.from.clone(),
            })
        })
        .collect()
}

/// The counterpart in `to` for a class with these causes: one whose causes are told of, else the
/// first that needs none.
pub fn best(rules: &RuleSet, list: &str, code: &str, to: &str, causes: &[&str], day: Date) -> Option<Counterpart> {
    let all: Vec<Counterpart> = of(rules, list, code, day).into_iter().filter(|c| c.list == to).collect();
    all.iter()
        .find(|c| c.causes.iter().any(|x| causes.contains(&x.as_str())))
        .or_else(|| all.iter().find(|c| c.causes.is_empty()))
        .cloned()
}
