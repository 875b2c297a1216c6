//! Every code that the program writes into the chain has a word: found in the sources, test code left out.

use crate::words;
use std::collections::BTreeSet;
use std::path::Path;

/// Crates that write no chain of a station: tools, tests, and libraries without police words.
const APART: &[&str] = &["testkit", "xtask", "e2e", "solver", "forms", "staffing", "kernel"];

/// The sources of every crate that writes into the chain.
fn crates() -> Vec<(String, Vec<String>)> {
    let mut out = vec![];
    for folder in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("the crates") {
        let folder = folder.expect("a crate").path();
        let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or("").to_string();
        if folder.join("src").is_dir() && !APART.contains(&name.as_str()) {
            let mut texts = vec![];
            sources(&folder.join("src"), &mut texts);
            out.push((name, texts));
        }
    }
    out
}

fn sources(folder: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
        let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or("").to_string();
        if entry.is_dir() && name != "tests" {
            sources(&entry, out);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&entry).expect("a source");
            out.push(text.split("#[cfg(test)]\nmod ").next().unwrap_or("").to_string());
        }
    }
}

/// The text between the brackets that open at `at`.
fn within(text: &str, at: usize) -> &str {
    let mut depth = 0_i32;
    for (i, c) in text[at..].char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return &text[at..at + i];
        }
    }
    ""
}

/// What stands in the brackets of every call of `name`, bare or of something.
fn calls<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let starts = text.match_indices(name).filter(|(at, _)| {
        let before = &text[..*at];
        // `tx.emit` names a topic; only `emit` of the places names an action.
        let other = before.ends_with("fn ") || (name == "emit" && before.ends_with('.'));
        let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        text[at + name.len()..].starts_with('(') && whole && !other
    });
    starts.map(|(at, _)| within(text, at + name.len())).collect()
}

/// Literals that look like `domain.action`.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    let part = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.split('"').skip(1).step_by(2).filter(move |l| l.split_once('.').is_some_and(|(a, b)| part(a) && part(b)))
}

/// Names of functions that take an action as text.
fn helpers(text: &str) -> Vec<&str> {
    let mut out = vec![];
    for (at, _) in text.match_indices("fn ") {
        let head = &text[at + 3..];
        let Some(open) = head.find('(') else { continue };
        let takes = within(head, open);
        if takes.contains("action: &str") || takes.contains("action: &'static str") {
            out.push(head[..open].split('<').next().unwrap_or(""));
        }
    }
    out
}

/// Codes of the steps of a domain, where it records `format!("incidents.{}", step.code())`.
fn steps(all: &str, domain: &str) -> Vec<String> {
    if !all.contains(&format!("record(&format!(\"{domain}.{{}}\", step.code())")) {
        return vec![];
    }
    let listed = all.split("pub enum Step {").nth(1).and_then(|rest| rest.split("\n    }").next()).unwrap_or("");
    let list = listed.lines().filter_map(|l| l.split_once(" = \"")?.1.split_once("\" / ")).map(|(code, _)| code);
    list.map(|code| format!("{domain}.{code}")).collect()
}

#[test]
fn every_code_has_a_word() {
    let (mut missing, mut found) = (BTreeSet::new(), 0);
    for (name, texts) in crates() {
        let mut takers: BTreeSet<&str> = texts.iter().flat_map(|t| helpers(t)).collect();
        takers.extend(["record", "look", "act"]);
        // The table reader of the exchange has a function of this name for a broken file.
        takers.extend((name != "exchange").then_some("refused"));
        for text in &texts {
            for call in takers.iter().flat_map(|t| calls(text, t)) {
                for code in codes(call) {
                    found += 1;
                    // The key of a refusal or of a rule may stand in the same brackets.
                    let key = ["new(", "int("].iter().any(|f| call.contains(&format!("{f}\"{code}\"")));
                    if words::known(code).is_none() && !key {
                        missing.insert(format!("{name}: {code}"));
                    }
                }
            }
        }
        let steps = steps(&texts.join("\n"), &name);
        found += steps.len();
        missing.extend(steps.into_iter().filter(|s| words::known(s).is_none()));
    }
    assert!(found > 400, "only {found} codes were found in the sources");
    assert!(missing.is_empty(), "no word in crates/audit/words.toml for: {missing:#?}");
}

#[test]
fn every_kind_of_record_has_a_word() {
    let (mut missing, mut found) = (BTreeSet::new(), 0);
    for (name, texts) in crates() {
        for text in &texts {
            let lists = ["record", "refused"].into_iter().flat_map(|t| calls(text, t)).filter_map(|c| c.split_once("&["));
            let written = lists.flat_map(|(_, list)| list.split("(\"").skip(1));
            let seen = text.split(".saw(\"").skip(1);
            for (kind, _) in written.chain(seen).filter_map(|rest| rest.split_once("\",")) {
                found += 1;
                if kind.chars().all(|c| c.is_ascii_lowercase() || c == '_') && words::kind(kind) == kind {
                    missing.insert(format!("{name}: {kind}"));
                }
            }
        }
    }
    assert!(found > 100, "only {found} kinds were found in the sources");
    assert!(missing.is_empty(), "no word under [kinds] in crates/audit/words.toml for: {missing:#?}");
}

#[test]
fn a_code_says_domain_and_deed_and_an_unknown_one_stays_as_it_is() {
    assert_eq!(words::action("incidents.dispatch"), "警情：派警");
    assert_eq!(words::known("incidents.").as_deref(), Some("警情：全部"));
    for odd in ["incidents.name", "incidents.was_once", "kinds.person", "gone.see", "see", ""] {
        assert_eq!(words::action(odd), odd);
    }
    assert_eq!((words::kind("person"), words::kind("thing")), ("人员", "thing"));
    assert!(words::groups().iter().all(|g| !g.name.is_empty() && !g.actions.is_empty()));
}
