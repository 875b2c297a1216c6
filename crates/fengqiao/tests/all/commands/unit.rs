//! The systemd unit: known to systemd, its command line to the program, and its paths to those who install it.

use fengqiao::cli::{Command, parse};
use std::path::Path;

fn unit() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/fengqiao.service")).unwrap()
}

/// The values of a key, in order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|l| l.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn what_it_starts_is_a_command_of_this_program_on_paths_that_it_may_use() {
    let unit = unit();
    let start = values(&unit, "ExecStart");
    let words: Vec<&str> = start[0].split_whitespace().collect();
    assert_eq!((start.len(), words[0]), (1, "/usr/local/bin/fengqiao"));
    let cli = parse(&words).unwrap_or_else(|e| panic!("{e}"));
    let Command::Serve { place, server } = cli.command else { panic!("{words:?}") };
    // It writes where the unit lets it, and reads its keys where the unit lets it read.
    let within = |path: &Path, key: &str| values(&unit, key).iter().flat_map(|v| v.split_whitespace()).any(|d| path.starts_with(d));
    assert!(within(&place.data, "ReadWritePaths"), "{}", place.data.display());
    assert!(within(&place.keys_file.clone().unwrap(), "ReadOnlyPaths"));
    assert_eq!(place.data, Path::new("/var/lib").join(values(&unit, "StateDirectory")[0]));
    assert!(!place.keys_file.unwrap().starts_with(&place.data), "the keys lie apart from the data");
    // Without TLS here: on loopback only, like the metrics.
    for at in [Some(server.listen), server.metrics].into_iter().flatten() {
        assert!(at.parse::<std::net::SocketAddr>().unwrap().ip().is_loopback(), "{at}");
    }
    for option in ["--tls-cert", "--tls-key", "--trusted-proxy"] {
        assert!(unit.contains(option), "the unit says how TLS goes in: {option}");
        let serve = fengqiao::cli::tree().find_subcommand("serve").unwrap().clone();
        assert!(serve.get_arguments().any(|a| a.get_long() == option.strip_prefix("--")), "{option}");
    }
}

#[test]
fn its_head_installs_what_it_needs() {
    let unit = unit();
    let head: String = unit.lines().take_while(|l| l.starts_with('#')).collect::<Vec<_>>().join("\n");
    let user = values(&unit, "User")[0];
    assert!(head.contains(&format!("useradd --system --home-dir /var/lib/fengqiao --shell /usr/sbin/nologin {user}")), "{head}");
    for path in ["/usr/local/bin/", "/etc/systemd/system/", "/var/lib/fengqiao", "/etc/fengqiao"] {
        assert!(head.contains(path), "{path} is not made:\n{head}");
    }
    let init = head.lines().find_map(|l| l.split_once("sudo -u fengqiao ")).unwrap().1;
    let Command::Init { place, .. } = parse(init.split_whitespace()).unwrap_or_else(|e| panic!("{e}")).command else { panic!("{init}") };
    let start = values(&unit, "ExecStart")[0];
    assert!(start.contains(&format!("--data {}", place.data.display())) && start.contains(&place.keys_file.unwrap().display().to_string()));
    let guide = values(&unit, "Documentation")[0].rsplit_once("/guide/").unwrap().1;
    assert!(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide")).join(guide).exists(), "{guide}");
    assert!(head.contains("/usr/local/share/doc/fengqiao"), "the guide that the unit names is not installed:\n{head}");
}

#[test]
fn systemd_itself_finds_nothing_wrong() {
    if std::process::Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("no systemd-analyze here: the unit was read, but not by systemd");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fengqiao.service");
    std::fs::write(&path, unit().replace("/usr/local/bin/fengqiao", crate::common::BIN)).unwrap();
    let out = std::process::Command::new("systemd-analyze").arg("verify").arg(&path).output().unwrap();
    let text = crate::common::said(&out);
    // Of other units of this machine it may say what it likes.
    let ours: Vec<&str> = text.lines().filter(|l| l.contains("fengqiao")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
}
