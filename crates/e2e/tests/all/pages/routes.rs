//! Every GET route of the program, from the golden file: which pages a walk has opened, and which it never did.

use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// Routes that no walk opens, each with the reason. Whatever else answers GET must be opened or asked for.
const LEFT_OUT: &[(&str, &str)] = &[
    ("/bulletins/{id}/pdf", PAPER),
    ("/roster/plans/{id}/pdf", PAPER),
    ("/surveys/meetings/{id}/paper", PAPER),
    ("/surveys/{id}/sheet", PAPER),
    ("/windows/cases/{id}/paper", PAPER),
    ("/windows/permits/{id}", "a residence permit that was issued; the tests of its domain open, suspend and end one"),
    ("/windows/notices/{id}/paper", PAPER),
    ("/windows/services/{id}/notice", PAPER),
    ("/demand/csv", FILE),
    ("/surveys/{id}/xlsx", FILE),
    ("/files/{id}", FILE),
    ("/roster/feed/{token}", FILE),
    ("/p/hall/{code}/live", "the part of a screen in the hall; windows.rs opens one by its link"),
    ("/video/clips/{id}/manifest", CLIP),
    ("/video/clips/{id}/parts/{n}", CLIP),
    ("/video/exports/copies/{id}", CLIP),
    ("/video/exports/copies/{id}/live", CLIP),
    ("/video/exports/copies/{id}/download", CLIP),
    ("/video/exports/copies/{id}/film", CLIP),
    ("/video/exports/copies/{id}/manifest", CLIP),
    ("/video/exports/copies/{id}/original", CLIP),
    ("/video/verify/page", CLIP),
    ("/video/live", STREAM),
    ("/video/hls/live/{watch}/{camera}/{file}", STREAM),
    ("/video/hls/replay/{watch}/{camera}/{file}", STREAM),
    ("/video/replay/line", STREAM),
    ("/video/replay/piece", STREAM),
    ("/map/tiles/{z}/{x}/{y}", "pictures of an imported map; map.rs imports one"),
];
const PAPER: &str = "a PDF; the tests of its domain print and read it";
const FILE: &str = "a file to take away; the tests of its domain read it";
const CLIP: &str = "needs a recorded film; export.rs makes, shows, downloads, plays and proves it and its copy";
const STREAM: &str = "pictures and times for a player; video.rs and export.rs watch it";

/// The GET routes, and what became of them.
pub struct Routes {
    all: Vec<&'static str>,
    /// Opened as a page, or asked for by one.
    pub met: BTreeMap<&'static str, usize>,
}

impl Routes {
    /// Reads `docs/ref/routes.txt`.
    pub fn read() -> Result<Routes> {
        let file = e2e::workspace().join("docs/ref/routes.txt");
        let text = std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
        let text: &'static str = Box::leak(text.into_boxed_str());
        let all: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("GET ")?.split_whitespace().next()).collect();
        ensure!(all.len() > 100, "only {} routes in {}", all.len(), file.display());
        let known: BTreeSet<_> = all.iter().collect();
        let gone: Vec<_> = LEFT_OUT.iter().map(|(p, _)| p).filter(|p| !known.contains(p)).collect();
        ensure!(gone.is_empty(), "no routes any more, to be struck from LEFT_OUT: {gone:?}");
        Ok(Routes { all, met: BTreeMap::new() })
    }

    /// The route that answers this path; the one with most fixed words where several would.
    pub fn of(&self, path: &str) -> Option<&'static str> {
        let bare = path.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = bare.split('/').collect();
        let fits = |route: &&&'static str| {
            let words: Vec<&str> = route.split('/').collect();
            words.len() == parts.len() && words.iter().zip(&parts).all(|(w, p)| w == p || (w.starts_with('{') && !p.is_empty()))
        };
        self.all.iter().filter(fits).min_by_key(|r| r.matches('{').count()).copied()
    }

    pub fn is_left_out(route: &str) -> bool {
        LEFT_OUT.iter().any(|(p, _)| *p == route)
    }

    pub fn meet(&mut self, path: &str) {
        if let Some(route) = self.of(path) {
            *self.met.entry(route).or_default() += 1;
        }
    }

    /// Routes that no walk has met.
    pub fn missed(&self) -> Vec<&'static str> {
        self.all.iter().filter(|r| !self.met.contains_key(**r) && !Routes::is_left_out(r)).copied().collect()
    }
}

/// What tells two views of one route apart: the route, and its query with codes as they stand and without free values.
pub fn variant(route: &str, path: &str) -> String {
    let is_code = |v: &str| !v.is_empty() && v.len() <= 20 && v.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let query = path.split_once('?').map_or("", |(_, q)| q).split('#').next().unwrap_or_default();
    let mut pairs: Vec<String> = query
        .split('&')
        .filter_map(|p| p.split_once('='))
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| if is_code(v) { format!("{k}={v}") } else { k.to_string() })
        .collect();
    pairs.sort();
    if pairs.is_empty() { route.to_string() } else { format!("{route}?{}", pairs.join("&")) }
}
