//! `cargo xt tidy`: the conventions of the house. Each finding is one line with what to do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines in one file at most.
const MAX_LINES: usize = 600;

/// Runs every check; an error counts the findings.
pub fn run() -> Result<(), String> {
    let mut findings = vec![];
    let files = files();
    for path in &files {
        let Ok(text) = fs::read_to_string(path) else { continue };
        let name = path.display().to_string();
        let code = name.ends_with(".rs") || name.ends_with(".js") || name.ends_with(".html") || name.ends_with(".css");
        if !code || name.contains("/vendor/") {
            continue;
        }
        length(&name, &text, &mut findings);
        words(&name, &text, &mut findings);
        if name.ends_with(".rs") {
            sql(&name, &text, &mut findings);
            module_doc(&name, &text, &mut findings);
        }
    }
    layers(&mut findings)?;
    for f in &findings {
        println!("{f}");
    }
    if findings.is_empty() { Ok(()) } else { Err(format!("tidy: {} findings", findings.len())) }
}

fn files() -> Vec<PathBuf> {
    let out = Command::new("git").args(["ls-files", "-co", "--exclude-standard", "crates"]).output();
    let text = out.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    text.lines().map(PathBuf::from).filter(|p| p.exists()).collect()
}

fn length(name: &str, text: &str, findings: &mut Vec<String>) {
    let n = text.lines().count();
    if n > MAX_LINES {
        findings.push(format!("{name}: {n} lines; split the room into parts of at most {MAX_LINES}"));
    }
}

/// Unfinished work has no place in the tree.
fn words(name: &str, text: &str, findings: &mut Vec<String>) {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("todo", "!("), concat!("unimple", "mented!(")];
    for (i, line) in text.lines().enumerate() {
        if marks.iter().any(|m| line.contains(m)) {
            findings.push(format!("{name}:{}: unfinished work; finish it or write an issue", i + 1));
        }
    }
}

/// SQL stands only in a domain's store, in the kernel and in tests.
fn sql(name: &str, text: &str, findings: &mut Vec<String>) {
    let allowed = name.contains("/store") || name.starts_with("crates/kernel/") || name.contains("/tests") || name.starts_with("crates/xtask/") || name.ends_with("attachments/src/keep.rs");
    if allowed {
        return;
    }
    for (i, line) in text.lines().enumerate() {
        if line.contains(concat!("sql", "!(")) {
            findings.push(format!("{name}:{}: SQL outside the store; move it to store.rs", i + 1));
        }
    }
}

fn module_doc(name: &str, text: &str, findings: &mut Vec<String>) {
    if (name.ends_with("lib.rs") || name.ends_with("main.rs")) && !text.trim_start().starts_with("//!") {
        findings.push(format!("{name}: no module doc; say what lives here and its invariants"));
    }
}

/// Compares the layers in docs/ARCHITECTURE.md (a block marked `layers`, lowest first) with the
/// crates' real dependencies: a crate may use lower layers only.
fn layers(findings: &mut Vec<String>) -> Result<(), String> {
    let path = Path::new("docs/ARCHITECTURE.md");
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let block = text.split("```layers").nth(1).and_then(|t| t.split("```").next()).ok_or("docs/ARCHITECTURE.md has no layers block")?;
    let mut rank: BTreeMap<String, usize> = BTreeMap::new();
    for (i, line) in block.lines().filter(|l| !l.trim().is_empty()).enumerate() {
        for name in line.split_whitespace() {
            rank.insert(name.to_string(), i);
        }
    }
    let out = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    let meta: serde_json::Value = serde_json::from_slice(&out.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    for package in meta["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or("");
        let Some(own) = rank.get(name) else {
            findings.push(format!("crates/{name}: not in the layers of docs/ARCHITECTURE.md; add it"));
            continue;
        };
        for d in package["dependencies"].as_array().into_iter().flatten() {
            let to = d["name"].as_str().unwrap_or("");
            let dev = d["kind"].as_str() == Some("dev");
            if let Some(other) = rank.get(to)
                && !dev
                && other >= own
            {
                findings.push(format!("crates/{name}: uses {to}, which is not below it; use an id, an event or a slot"));
            }
        }
    }
    Ok(())
}
