//! 适用条文: passages of law that fit a category or a cause, as far as a source was read.

use kernel::Date;
use kernel::rules::RuleSet;

/// One passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    pub law: String,
    pub article: String,
    pub text: String,
    /// `摘要` or `原文`.
    pub form: String,
    /// When the law came into force, or "".
    pub in_force: String,
    pub verified: bool,
}

/// Passages for a category and causes on `day`; those that name a cause or the category first, the
/// general ones after them.
pub fn fitting(rules: &RuleSet, judicial: &str, causes: &[&str], day: Date) -> Vec<Passage> {
    let mut found: Vec<(i64, Passage)> = vec![];
    for c in rules.list("law.passage", day) {
        let has = |attr: &str, wanted: &[&str]| {
            c.attr_text(attr).unwrap_or("").split(',').any(|x| !x.is_empty() && wanted.contains(&x))
        };
        let rank = if has("causes", causes) {
            0
        } else if has("categories", &[judicial]) {
            1
        } else if has("categories", &["all"]) {
            2
        } else {
            continue;
        };
        let law = c.attr_text("law").unwrap_or("").to_string();
        let in_force = rules
            .laws()
            .iter()
            .filter(|l| l.short == law && l.from.as_str() <= day.to_string().as_str())
            .max_by(|a, b| a.from.cmp(&b.from))
            .and_then(|l| l.in_force.clone())
            .unwrap_or_default();
        found.push((
            rank,
            Passage {
                article: c.attr_text("article").unwrap_or("").to_string(),
                text: c.name.clone(),
                form: c.attr_text("form").unwrap_or("摘要").to_string(),
                in_force,
                verified: c.verified,
                law,
            },
        ));
    }
    found.sort_by_key(|f| f.0);
    found.into_iter().map(|f| f.1).collect()
}
