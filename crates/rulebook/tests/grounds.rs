//! Every refusal rests on one rule: the keys in all sources against `crates/kernel/grounds.toml`, that against the packs, and the
//! page on which they are read.

use std::collections::{BTreeMap, BTreeSet};
use testkit::sources::{root, rust_files};

/// Program text of every crate, without tests, with its path.
fn programs() -> Vec<(String, String)> {
    let files = rust_files();
    let named = files.into_iter().map(|f| {
        let text = std::fs::read_to_string(&f).expect("a source file");
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or("").to_string();
        (f.strip_prefix(root()).expect("inside").display().to_string(), text)
    });
    named.filter(|(path, _)| !path.contains("/tests") && !path.contains("_tests.rs")).collect()
}

/// Whether it is written as keys are: `domain.word`.
fn is_key(text: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.split_once('.').is_some_and(|(a, b)| word(a) && word(b))
}

/// Each opening parenthesis followed by a literal: what stands before it (a path, or "" for a pair) and the literal.
fn calls(text: &str) -> Vec<(&str, &str)> {
    let mut out = vec![];
    for (at, _) in text.match_indices('(') {
        let Some(rest) = text[at + 1..].trim_start().strip_prefix('"') else { continue };
        let Some(end) = rest.find('"') else { continue };
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let before = &text[..at];
        let name = &before[before.rfind(|c: char| !named(c)).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8))..];
        out.push((name, &rest[..end]));
    }
    out
}

/// Functions that take the key of the refusal they make: `fn refuse(key: &'static str`, `let refuse = |key: &'static str`.
fn helpers(text: &str) -> Vec<&str> {
    let mut out = vec![];
    for (at, _) in text.match_indices("key: &'static str") {
        let before = text[..at].trim_end_matches(['(', '|']).trim_end().trim_end_matches('=').trim_end();
        out.extend(before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().filter(|n| *n != "new" && !n.is_empty()));
    }
    out
}

/// Key → the files that refuse with it.
fn refusals() -> BTreeMap<String, BTreeSet<String>> {
    let programs = programs();
    let of = |path: &str| path.split("/src/").next().unwrap_or("").to_string();
    let helpers: BTreeSet<(String, &str)> = programs.iter().flat_map(|(path, text)| helpers(text).into_iter().map(|h| (of(path), h))).collect();
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in &programs {
        // A key chosen beside its sentence, as a pair, is made a refusal further down.
        let chosen = text.contains("Refusal::new(key,");
        for (name, literal) in calls(text) {
            let last = name.rsplit("::").next().unwrap_or(name);
            let makes = name.ends_with("Refusal::new") || helpers.contains(&(of(path), last)) || (chosen && name.is_empty());
            if makes && is_key(literal) {
                out.entry(literal.to_string()).or_default().insert(path.clone());
            }
        }
        for (at, _) in text.match_indices("Refusal::new(") {
            let first = text[at + 13..].trim_start();
            assert!(first.starts_with('"') || first.starts_with("key,"), "{path}: the key of a refusal is a literal, or a parameter called key");
        }
    }
    out
}

/// Keys of errors that are no `Refusal` but answer a person all the same.
fn plain_errors() -> Vec<String> {
    use kernel::Error as E;
    let kinds = [E::NotFound(""), E::SignedOut, E::Forbidden(String::new()), E::Invalid(Default::default()), E::Conflict(vec![])];
    let more = [E::TooLarge(String::new()), E::Busy(String::new()), E::Full];
    kinds.iter().chain(&more).map(|e| e.key().to_string()).chain(["foreign_form".to_string()]).collect()
}

#[test]
fn every_refusal_rests_on_one_rule() {
    let mut used = refusals();
    assert!(used.len() > 200, "only {} keys found", used.len());
    for key in plain_errors() {
        used.entry(key).or_default();
    }
    let bare: Vec<String> = used.iter().filter(|(k, _)| kernel::ground::find(k).is_none()).map(|(k, at)| format!("{k} {at:?}")).collect();
    assert!(bare.is_empty(), "refusals without a rule; name them under theirs in crates/kernel/grounds.toml:\n{}", bare.join("\n"));
    let idle: Vec<&str> = kernel::ground::all()
        .iter()
        .flat_map(|g| &g.keys)
        .filter(|k| match k.strip_suffix('*') {
            Some(beginning) => !used.keys().any(|u| u.starts_with(beginning)),
            None => !used.contains_key(*k),
        })
        .map(String::as_str)
        .collect();
    assert!(idle.is_empty(), "rules name refusals that no source makes: {idle:?}");
}

#[test]
fn a_rule_of_the_pack_says_what_the_pack_says() {
    let rules = rulebook::shipped().expect("rules");
    let today = "2026-05-08".parse().expect("a day");
    for g in kernel::ground::all() {
        let Some(key) = &g.pack else { continue };
        let rule = rules.rule(key, today).unwrap_or_else(|e| panic!("{}: {e}", g.anchor));
        assert_eq!(rule.source, g.source, "{}: grounds.toml and the pack differ about {key}", g.anchor);
    }
    // A refusal asks for the day's source only where the pack has it.
    for (path, text) in programs() {
        for part in text.split("Refusal::new(\"").skip(1) {
            let (key, rest) = part.split_once('"').unwrap_or((part, ""));
            let own = rest.split("Refusal::new").next().unwrap_or("");
            let upto = own.find(['}', ';']).unwrap_or(own.len());
            let dated = own[..upto].contains(".in_force(");
            assert!(!dated || kernel::ground::of(key).pack.is_some(), "{path}: {key} is not in the pack");
        }
    }
}

#[test]
fn every_answer_names_rule_and_next_step() {
    use kernel::{Error as E, Refusal};
    let says = || "没有办。".to_string();
    let refused = Refusal::new("incidents.ended", "已办结。", "请重新办理。").into();
    for e in [E::NotFound("警情"), E::SignedOut, E::Forbidden(says()), E::Conflict(vec![]), E::TooLarge(says()), E::Busy(says()), E::Full, refused] {
        let t = web::failure::Trouble::of(&e);
        let rule = t.rule.unwrap_or_else(|| panic!("{e:?} has no rule"));
        assert!(!rule.name.is_empty() && !rule.source.is_empty() && !t.next.is_empty() && t.place.starts_with("/p/rules#"), "{e:?}");
    }
    let words = kernel::Error::from(Refusal::new("incidents.ended", "已办结。", "请重新办理。")).to_string();
    assert!(words.contains("依据：") && words.contains("系统办理规则第 8 条") && words.ends_with("请重新办理。"), "{words}");
    assert_eq!(web::failure::Trouble::of(&Refusal::new("portal.too_many", "太多。", "请稍后。").into()).status.as_u16(), 429);
}

#[tokio::test]
async fn whoever_is_refused_can_read_the_rule() {
    let t = testkit::TestApp::new("sqlite", rulebook::shipped().unwrap(), vec![rulebook::domain()]).await;
    let resident = kernel::Actor::resident(kernel::StationId::NIL);
    let page = t.get(&resident, "/p/rules").await.is(200).says("id=\"h8\"").says("第 8 条").says("待核实").says("人民调解法第十七条");
    for g in kernel::ground::all() {
        assert!(page.body.contains(&format!("id=\"{}\"", g.anchor)), "{} is not on the page", g.anchor);
    }
    let volunteer = testkit::actor(kernel::Role::Volunteer, kernel::StationId::NIL);
    assert_eq!(t.get(&volunteer, "/p/rules").await.is(303).location(), "/rules/house");
    t.get(&volunteer, "/rules/house").await.is(200).says("id=\"h8\"");
    t.get(&volunteer, "/rules").await.is(403).says("依据：<a href=\"/p/rules#h2\"").says("由安全管理员调整授权");
    t.get(&volunteer, "/rules/nowhere").await.is(404).says("#h1").says("请核对编号");
    let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
    t.get(&admin, "/rules/confirm").await.is(405).says("不能这样打开").says("请回到原来的页面");
    let bad = t.upload(&admin, "/rules/import", &[], &[("pack", "a.toml", b"[[rule]]")]).await.is(422);
    assert!(bad.body.contains("#h31") && bad.body.contains("系统办理规则第 31 条") && bad.body.contains("请按提示的行改正"), "{}", bad.body);
}
