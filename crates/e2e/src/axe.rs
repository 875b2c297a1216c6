//! Accessibility: axe-core (vendored, see `vendor/README.md`) on the page as it stands.

use crate::Tab;
use anyhow::Result;
use serde::Deserialize;
use std::fmt;

const SCRIPT: &str = include_str!("../vendor/axe.min.js");

const RUN: &str = r"axe.run(document, { resultTypes: ['violations'], preload: false }).then(r => r.violations.map(v => ({
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
        if !self.eval::<bool>("typeof axe === 'object'").await? {
            self.eval::<bool>(&format!("{SCRIPT}\n;true")).await?;
        }
        self.eval(RUN).await
    }
}
