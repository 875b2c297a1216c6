//! One look at a page: everything that is asked of the page as it stands, in one call.

use crate::{Tab, View};
use anyhow::Result;
use serde::Deserialize;

/// A number for every kind of element on the page: tag, classes, attributes, names and references that are there or
/// missing, and the same of everything around it. Two pages with the same kinds give axe the same to say.
///
/// A function of a document and of what is called with each element and its number, and stops the walk there by a true.
const KINDS: &str = r"((doc, met) => {
  const one = (e, ids) => [e.tagName, e.getAttribute('class') ?? '', [...e.attributes].map(a => a.name).sort(),
    e.getAttribute('role') ?? '', e.getAttribute('type') ?? '', e.labels ? e.labels.length > 0 : '',
    e.textContent.trim() !== '', ids(e)].join('|');
  const count = {};
  doc.querySelectorAll('[id]').forEach(e => count[e.id] = (count[e.id] ?? 0) + 1);
  const known = e => ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'].map(a =>
    (e.getAttribute(a) ?? '').split(/\s+/).filter(Boolean).every(id => count[id] === 1)).join();
  const hash = (t, h) => { for (let i = 0; i < t.length; i++) h = Math.imul(h ^ t.charCodeAt(i), 16777619); return h >>> 0 };
  const all = new Set();
  const walk = (e, around) => { const h = hash(one(e, known), around); all.add(h); if (!met?.(e, h)) for (const c of e.children) walk(c, h) };
  walk(doc.documentElement, 2166136261);
  return [[...all], Object.keys(count).filter(id => count[id] > 1)];
})";

/// What a page that was not opened tells: the server's answer alone, before scripts and without a size.
#[derive(Debug, Deserialize)]
pub struct Peeked {
    pub status: u16,
    /// Kinds of elements, see `KINDS`; those of an opened page are others where scripts change it.
    pub kinds: Vec<u32>,
    pub twice: Vec<String>,
    pub titled: bool,
    pub links: Vec<String>,
    pub parts: Vec<String>,
}

/// Links of a document without what downloads a file, and the sources of its parts; `here` makes paths of addresses.
const LINKS: &str = "links: list([...doc.querySelectorAll('a[href]:not([download])')].map(a => a.getAttribute('href')).filter(h => !h.startsWith('#'))), \
    parts: list([...doc.querySelectorAll('main :is(fq-live, fq-map, img)[src]')].map(e => e.getAttribute('src'))), \
    titled: doc.title.trim() !== '' && doc.documentElement.lang !== ''";

/// What one look tells.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// With which status the page was answered.
    pub status: u16,
    /// Path and query.
    pub path: String,
    /// How far the page is wider than the window, in pixels, and the first elements that reach beyond; as it came and,
    /// where something is folded away, unfolded. Nothing where it fits.
    pub wide: Vec<(i64, String)>,
    /// Kinds of elements, see `KINDS`.
    pub kinds: Vec<u32>,
    /// Ids that stand more than once.
    pub twice: Vec<String>,
    /// It has a title and says its language.
    pub titled: bool,
    /// Where links lead, without what downloads a file.
    pub links: Vec<String>,
    /// Paths on the server that the page has asked for.
    pub asked: Vec<String>,
    /// Those that it names as the source of a part, to be asked when something changes.
    pub parts: Vec<String>,
}

/// Takes out of the main part what repeats the three before it in kind: the fourth row of a table and on. The page is
/// left for another afterwards.
const THIN: &str = r"(() => {
  const refs = new Map();
  document.querySelectorAll('[aria-labelledby],[aria-describedby],[aria-controls],[for]').forEach(e => {
    for (const a of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'])
      for (const id of (e.getAttribute(a) ?? '').split(/\s+/).filter(Boolean)) refs.set(id, [...(refs.get(id) ?? []), e]);
  });
  const kind = e => [e.tagName, e.className, [...e.attributes].map(a => a.name).sort(), [...e.children].map(kind)].join();
  const needed = e => [e, ...e.querySelectorAll('[id]')].some(x => x.id && (refs.get(x.id) ?? []).some(r => !e.contains(r)));
  let gone = 0;
  const walk = p => {
    const seen = new Map();
    for (const e of [...p.children]) {
      const k = p.children.length > 3 ? kind(e) : '', n = (seen.get(k) ?? 0) + 1;
      seen.set(k, n);
      if (k && n > 3 && !needed(e)) { e.remove(); gone += 1 } else walk(e);
    }
  };
  const main = document.querySelector('main');
  if (main) walk(main);
  return gone;
})()";

impl Tab {
    /// Takes out rows that repeat those before them, see `THIN`; how many.
    pub async fn thin(&self) -> Result<usize> {
        self.eval(THIN).await
    }

    /// Looks at the page as it stands in this size; leaves it as it was.
    pub async fn probe(&self, view: View) -> Result<Seen> {
        // On an emulated phone innerWidth grows with the content, so the wanted width counts as well.
        let script = format!(
            r"(() => {{
  const wide = [];
  const measure = () => {{
    const by = document.documentElement.scrollWidth - Math.min(innerWidth, {width});
    if (by > 0) wide.push([by, {widest}]);
  }};
  measure();
  const shut = [...document.querySelectorAll('main details:not([open])')];
  shut.forEach(d => d.open = true);
  if (shut.length && !wide.length) measure();
  const doc = document, [kinds, twice] = {KINDS}(doc);
  shut.forEach(d => d.open = false);
  const here = u => {{ try {{ const a = new URL(u, location.href); return a.origin === location.origin ? a.pathname + a.search : null }} catch {{ return null }} }};
  const list = all => [...new Set(all.map(here).filter(Boolean))];
  return {{
    status: performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0,
    path: location.pathname + location.search, wide, kinds, twice,
    asked: list(performance.getEntriesByType('resource').map(r => r.name)), {LINKS},
  }};
}})()",
            width = view.size().0,
            widest = crate::tab::widest(view),
        );
        self.eval(&script).await
    }

    /// What the server answers to a path, asked by the page that stands open and not shown.
    pub async fn peek(&self, path: &str) -> Result<Peeked> {
        let path = serde_json::Value::from(path);
        self.eval(&format!(
            r"(async () => {{
  const answer = await fetch({path}), doc = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const here = u => {{ try {{ const a = new URL(u, answer.url); return a.origin === location.origin ? a.pathname + a.search : null }} catch {{ return null }} }};
  const list = all => [...new Set(all.map(here).filter(Boolean))];
  const [kinds, twice] = {KINDS}(doc);
  return {{ status: answer.status, kinds, twice, {LINKS} }};
}})()"
        ))
        .await
    }

    /// Marks for [`Tab::grave`] what is of these kinds: the uppermost of them, with the table or list around. Takes the
    /// page as [`Tab::probe`] took it, in the same size.
    pub async fn mark_kinds(&self, kinds: &[u32]) -> Result<usize> {
        self.eval(&format!(
            r"(() => {{
  const wanted = new Set({kinds:?});
  const shut = [...document.querySelectorAll('main details:not([open])')];
  shut.forEach(d => d.open = true);
  let n = 0;
  {KINDS}(document, (e, h) => wanted.has(h) && (n += 1, (e.closest('table, ul, ol, dl, fieldset, [role]') ?? e).setAttribute('data-fresh', ''), true));
  shut.forEach(d => d.open = false);
  return n;
}})()"
        ))
        .await
    }

    /// The status with which the server answers a path, asked by the page that stands open.
    pub async fn ask(&self, path: &str) -> Result<u16> {
        let path = serde_json::Value::from(path);
        self.eval(&format!(
            "(async () => {{ const stop = new AbortController(); const a = await fetch({path}, {{ signal: stop.signal }}); stop.abort(); return a.status }})()"
        ))
        .await
    }
}
