//! Every shipped rule and list is read by its name somewhere in the program, or says on the page that it is 仅供查阅.

use std::collections::BTreeSet;
use testkit::sources::{root, rust_files};

/// Program text of every crate, without tests.
fn programs() -> String {
    let files = rust_files().into_iter().filter(|f| {
        let path = f.strip_prefix(root()).expect("inside").display().to_string();
        !path.contains("/tests") && !path.contains("_tests.rs")
    });
    let text = |f: std::path::PathBuf| std::fs::read_to_string(f).expect("a source file").split("#[cfg(test)]\nmod ").next().unwrap_or("").to_string();
    files.map(text).collect::<Vec<_>>().join("\n")
}

/// Read under its whole name, under a name made at run time (`"dossier.right.{…}"`), or as the rule behind a refusal.
fn is_read(key: &str, programs: &str) -> bool {
    // A first word alone is what audit codes and fields begin with.
    let families = key.match_indices('.').skip(1).map(|(i, _)| format!("\"{}{{", &key[..=i]));
    let behind_a_refusal = kernel::ground::all().iter().any(|g| g.pack.as_deref() == Some(key));
    behind_a_refusal || programs.contains(&format!("\"{key}\"")) || families.into_iter().any(|f| programs.contains(&f))
}

#[test]
fn every_shipped_rule_is_read_or_says_that_it_is_not() {
    let rules = rulebook::shipped().expect("rules");
    let programs = programs();
    let keys: BTreeSet<&str> = rules.all_rules().map(|r| r.key.as_str()).chain(rules.all_codes().map(|(list, _)| list.as_str())).collect();
    assert!(keys.len() > 200, "only {} keys", keys.len());
    let idle: Vec<&&str> = keys.iter().filter(|k| !is_read(k, &programs) && rules.reference(k).is_none()).collect();
    assert!(idle.is_empty(), "nobody reads these; read them, name them in packs/reference.toml with the reason, or take them out: {idle:#?}");
    let read: Vec<&&str> = keys.iter().filter(|k| is_read(k, &programs) && rules.reference(k).is_some()).collect();
    assert!(read.is_empty(), "these are read and are not 仅供查阅: {read:#?}");
    let gone: Vec<&String> = rules.references().filter(|k| !keys.contains(k.as_str())).collect();
    assert!(gone.is_empty(), "packs/reference.toml names what does not ship: {gone:#?}");
}

#[tokio::test]
async fn the_page_says_what_nobody_reads() {
    let t = testkit::TestApp::new("sqlite", rulebook::shipped().unwrap(), vec![rulebook::domain()]).await;
    let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
    let page = t.get(&admin, "/rules?show=reference").await.is(200).says("仅供查阅").says("lost_property.unclaimed_months");
    assert!(!page.body.contains("mediation.peoples.extendable_by_both"), "what is read stands elsewhere");
    t.get(&admin, "/rules").await.is(200).says("仅供查阅").says("不据此清理");
    t.get(&admin, "/rules/codes").await.is(200).says("仅供查阅").says("本系统不登记");
}
