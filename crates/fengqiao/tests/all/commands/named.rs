//! In whose name: every command acts for an account or for the operator at the machine, and the chain says so.

use crate::common::{Home, administrators, furnish, hire, said};
use kernel::Role;
use std::process::Stdio;
use testkit::engines;

/// Commands that act for nobody, and why.
const FOR_NOBODY: &[(&str, &str)] = &[
    ("demo", "it makes its people and accounts itself; --as is refused with that sentence"),
    ("verify-clip", "it needs no installation, so there is nobody to name and no chain; it takes no --as"),
];

/// How a command is called, by an account that may, and what then stands in the chain.
struct Case {
    name: &'static str,
    args: Vec<String>,
    account: &'static str,
    action: &'static str,
}

fn cases(home: &Home) -> Vec<Case> {
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let file = |name: &str| home.path(name).display().to_string();
    let case = |name: &'static str, rest: &[&str], account, action| Case {
        name,
        args: name.split(' ').chain(rest.iter().copied()).map(str::to_string).collect(),
        account,
        action,
    };
    let period = ["--from", "2020-01-01", "--to", "2029-12-31"];
    let purpose = ["--purpose", "statistics", "--reason", "季度分析用"];
    let mapping = format!("{top}/mappings/citizen_messages.toml");
    let rows = format!("{top}/crates/exchange/testdata/invented_300.csv");
    vec![
        case("serve", &["--listen", "127.0.0.1:0", "--no-video"], "sys", "serve.start"),
        case("init", &[], "sys", "identity.init"),
        case("import", &[&rows, "--mapping", &mapping, "--dry-run"], "officer", "exchange.preview"),
        case("export", &[&["disputes", &file("out.csv")][..], &period, &purpose].concat(), "leader", "exchange.export"),
        case("figures", &period, "leader", "bulletins.figures"),
        case("audit verify", &[], "aud", "audit.verify"),
        case("audit sign", &[], "aud", "audit.sign"),
        case("backup", &[&file("b.fqb")], "sys", "backup.write"),
        case("restore", &[&file("first.fqb")], "sys", "backup.restore"),
        case("keys list", &[], "sys", "keys.list"),
        case("keys public", &[], "aud", "keys.public"),
        case("keys rotate", &["head"], "sys", "keys.rotate"),
        case("check", &[], "sys", "check.write"),
    ]
}

/// `["audit verify", "backup", …]`: every command that does something, from the tree that the program parses with.
fn leaves(c: &clap::Command, before: &str) -> Vec<(String, clap::Command)> {
    let below: Vec<_> = c.get_subcommands().flat_map(|s| leaves(s, &format!("{before}{} ", s.get_name()))).collect();
    if below.is_empty() { vec![(before.trim().to_string(), c.clone())] } else { below }
}

#[test]
fn no_command_ignores_in_whose_name_it_runs() {
    let mut tree = fengqiao::cli::tree();
    tree.build();
    let home = Home::new();
    let cases = cases(&home);
    for (name, command) in leaves(&tree, "") {
        let takes = command.get_arguments().any(|a| a.get_long() == Some("as"));
        let reason = FOR_NOBODY.iter().find(|(n, _)| *n == name).map(|(_, why)| why);
        let tried = cases.iter().any(|c| c.name == name);
        assert!(tried != reason.is_some(), "“{name}” stands neither among the tried commands nor among those for nobody, or in both");
        assert!(takes || reason.is_some_and(|w| w.contains("takes no --as")), "“{name}” takes no --as");
    }
    for name in cases.iter().map(|c| c.name).chain(FOR_NOBODY.iter().map(|(n, _)| *n)) {
        assert!(leaves(&tree, "").iter().any(|(n, _)| n == name), "“{name}” is no command any more");
    }
    let out = home.run(&["demo", "--listen", "127.0.0.1:0", "--as", "leader"]);
    assert!(!out.status.success() && said(&out).contains("去掉 --as") && !home.path("data").exists(), "{}", said(&out));
    let out = home.run(&["init", "--as", "leader"]);
    assert!(!out.status.success() && said(&out).contains("去掉 --as") && !home.path("data").exists(), "{}", said(&out));
}

/// Runs a case for somebody ("" for the operator at the machine); whether it did its work, and what it said.
fn run(home: &Home, case: &Case, account: &str) -> (bool, String) {
    let mut args: Vec<&str> = case.args.iter().map(String::as_str).collect();
    if !account.is_empty() {
        args.extend(["--as", account]);
    }
    for leftover in ["out.csv", "b.fqb"] {
        let _ = std::fs::remove_file(home.path(leftover));
    }
    if case.name != "serve" {
        let out = home.run(&args);
        return (out.status.success(), said(&out));
    }
    let mut child = home.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut first).unwrap();
    let up = first.contains("已启动");
    if up {
        child.kill().unwrap();
    }
    let out = child.wait_with_output().unwrap();
    (up, first + &said(&out))
}

#[tokio::test]
async fn every_command_acts_for_an_account_or_the_operator_and_the_chain_says_which() {
    for engine in engines() {
        let home = Home::on(engine).await;
        let station = furnish(&home).await;
        administrators(&home).await;
        let app = home.app().await;
        hire(&app, station, "officer", Role::Officer).await;
        app.db().close().await;
        home.good(&["backup", home.path("first.fqb").to_str().unwrap()]);
        for case in cases(&home) {
            let elsewhere = if case.name == "restore" { Some(restored_by(&home, &case).await) } else { None };
            let chain = async || match &elsewhere {
                Some(chain) => chain.clone(),
                None => home.chain().await,
            };
            if elsewhere.is_none() {
                let (done, text) = run(&home, &case, "nobody");
                assert!(!done && text.contains("没有账号 nobody") && text.contains("--as"), "{engine} {}: {text}", case.name);
                let (done, text) = run(&home, &case, "aux");
                assert!(!done && text.contains("权限"), "{engine} {}: {text}", case.name);
                assert!(!home.path("out.csv").exists() && !home.path("b.fqb").exists(), "{engine}: a refused command left a file");
                for account in [case.account, ""] {
                    let (done, text) = run(&home, &case, account);
                    assert!(done, "{engine} {} --as {account:?}: {text}", case.name);
                }
            }
            let entries: Vec<serde_json::Value> = chain().await.iter().map(|b| serde_json::from_str(b).unwrap()).filter(|e: &serde_json::Value| e["action"] == case.action).collect();
            let newest = &entries[entries.len() - 2..];
            let by_account = newest.iter().find(|e| e["role"] != "local_operator").unwrap_or_else(|| panic!("{engine} {}: {newest:?}", case.name));
            let local = newest.iter().find(|e| e["role"] == "local_operator").unwrap_or_else(|| panic!("{engine} {}: {newest:?}", case.name));
            assert!(by_account["user"] != local["user"], "{engine} {}", case.name);
            for e in newest {
                assert!(e["os_user"].as_str().is_some_and(|u| !u.is_empty()), "{engine} {}: {e}", case.name);
            }
        }
    }
}

/// Restores elsewhere, once by the account and once by the operator; the entries of both chains together.
async fn restored_by(home: &Home, case: &Case) -> Vec<String> {
    let mut all = vec![];
    for account in ["nobody", "aux", case.account, ""] {
        let mut other = Home::new();
        if home.database.is_some() {
            other.database = Some(crate::common::fresh_database().await);
        }
        std::fs::create_dir_all(other.path("data")).unwrap();
        std::fs::copy(home.path("data/keys.toml"), other.path("data/keys.toml")).unwrap();
        let (done, text) = run(&other, case, account);
        assert_eq!(done, ["sys", ""].contains(&account), "{account}: {text}");
        if done {
            all.extend(other.chain().await.into_iter().filter(|b| b.contains("backup.restore")));
        }
    }
    all
}
