//! Accessibility: axe-core (vendored, see `vendor/README.md`) on the page as it stands.

use crate::{Tab, View, pictures};
use anyhow::{Result, ensure};
use serde::Deserialize;
use std::fmt;

const SCRIPT: &str = include_str!("../vendor/axe.min.js");

const RUN: &str = r"axe.run(document, { resultTypes: ['violations'], preload: false }).then(r => r.violations.map(v => ({
  rule: v.id, impact: v.impact ?? '', help: v.help, nodes: v.nodes.length,
  html: v.nodes[0]?.html ?? '', why: (v.nodes[0]?.failureSummary ?? '').replace(/\s+/g, ' ') })))";

/// A number for every kind of element on the page: tag, classes, attributes, names and references that are there or
/// missing, and the same of everything around it. Two pages with the same kinds give axe the same to say.
const SHAPES: &str = r"(() => {
  const one = (e, ids) => [e.tagName, e.getAttribute('class') ?? '', [...e.attributes].map(a => a.name).sort(),
    e.getAttribute('role') ?? '', e.getAttribute('type') ?? '', e.labels ? e.labels.length > 0 : '',
    e.textContent.trim() !== '', ids(e)].join('|');
  const count = {};
  document.querySelectorAll('[id]').forEach(e => count[e.id] = (count[e.id] ?? 0) + 1);
  const known = e => ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'].map(a =>
    (e.getAttribute(a) ?? '').split(/\s+/).filter(Boolean).every(id => count[id] === 1)).join();
  const hash = (t, h) => { for (let i = 0; i < t.length; i++) h = Math.imul(h ^ t.charCodeAt(i), 16777619); return h >>> 0 };
  const all = new Set();
  const walk = (e, around) => { const h = hash(one(e, known), around); all.add(h); for (const c of e.children) walk(c, h) };
  walk(document.documentElement, 2166136261);
  return [[...all], Object.keys(count).filter(id => count[id] > 1)];
})()";

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
    /// The kinds of elements on the page (see `SHAPES`), and ids that stand more than once.
    pub async fn shapes(&self) -> Result<(Vec<u32>, Vec<String>)> {
        self.eval(SHAPES).await
    }

    /// Runs axe-core; all violations, whatever their impact.
    pub async fn axe(&self) -> Result<Vec<Violation>> {
        if !self.eval::<bool>("typeof axe === 'object'").await? {
            self.eval::<bool>(&format!("{SCRIPT}\n;true")).await?;
        }
        self.eval(RUN).await
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
