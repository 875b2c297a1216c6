//! Accessibility: axe-core (vendored, see `vendor/README.md`) on the page as it stands.

use crate::{Tab, View, pictures};
use anyhow::{Result, ensure};
use serde::Deserialize;
use std::fmt;

const SCRIPT: &str = include_str!("../vendor/axe.min.js");

/// Advice that axe never calls serious; the walk over all pages leaves it out.
const ADVICE: &str = "['region', 'landmark-banner-is-top-level', 'landmark-complementary-is-top-level', \
  'landmark-contentinfo-is-top-level', 'landmark-main-is-top-level', 'landmark-no-duplicate-banner', \
  'landmark-no-duplicate-contentinfo', 'landmark-no-duplicate-main', 'landmark-one-main', 'landmark-unique', \
  'heading-order', 'page-has-heading-one', 'skip-link', 'empty-heading', 'empty-table-header', 'image-redundant-alt', \
  'presentation-role-conflict', 'meta-viewport-large', 'aria-allowed-role']";

const RUN: &str = r"axe.run(WHERE, { resultTypes: ['violations'], preload: false, rules: RULES }).then(r => r.violations.map(v => ({
  rule: v.id, impact: v.impact ?? '', help: v.help, nodes: v.nodes.length,
  html: v.nodes[0]?.html ?? '', why: (v.nodes[0]?.failureSummary ?? '').replace(/\s+/g, ' ') })))";

/// One broken rule on one page.
#[derive(Clone, Debug, Deserialize)]
pub struct Violation {
    pub rule: String,
    /// minor, moderate, serious or critical
    pub impact: String,
    pub help: String,
    /// How many elements break it.
    pub nodes: usize,
    /// The first of them.
    pub html: String,
    pub why: String,
}

impl Violation {
    /// Serious and critical ones keep people out.
    pub fn is_grave(&self) -> bool {
        self.impact == "serious" || self.impact == "critical"
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "axe {} ({}): {}. {}", self.rule, self.impact, self.help, self.why)
    }
}

impl Tab {
    /// Runs axe-core; all violations, whatever their impact.
    pub async fn axe(&self) -> Result<Vec<Violation>> {
        self.run_axe("document", "{}").await
    }

    /// Runs the rules of axe-core whose breach keeps people out, over what [`Tab::mark_kinds`] marked (all where nothing is);
    /// those violations.
    pub async fn grave(&self) -> Result<Vec<Violation>> {
        let off = format!("Object.fromEntries({ADVICE}.map(r => [r, {{ enabled: false }}]))");
        Ok(self.run_axe("document.querySelector('[data-fresh]') ? '[data-fresh]' : document", &off).await?.into_iter().filter(Violation::is_grave).collect())
    }

    async fn run_axe(&self, place: &str, rules: &str) -> Result<Vec<Violation>> {
        if !self.eval::<bool>("typeof axe === 'object'").await? {
            self.eval::<bool>(&format!("{SCRIPT}\n;true")).await?;
        }
        self.eval(&RUN.replace("WHERE", place).replace("RULES", rules)).await
    }
}

/// The page as it stands in both sizes: a picture `<name>-<size>.png`, nothing too wide, nothing grave by axe.
pub async fn both(tab: &Tab, name: &str) -> Result<()> {
    for view in [View::Phone, View::Desktop] {
        tab.look(view).await?;
        ensure!(tab.overflow(view).await? == 0, "{name} is too wide: {}", tab.widest(view).await?);
        tab.picture(view, &pictures()?.join(format!("{name}-{}.png", view.name()))).await?;
    }
    let grave: Vec<_> = tab.axe().await?.into_iter().filter(Violation::is_grave).collect();
    ensure!(grave.is_empty(), "{name}: {grave:?}");
    Ok(())
}
