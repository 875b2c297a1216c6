//! What `cargo xt bench roster` prints is a contract with the scripts that read it. The command itself runs here, into memory.

#[allow(dead_code)]
#[path = "../../src/bin/roster_bench/main.rs"]
mod command;

use std::io::Write;
use std::path::Path;

const SMALL: &str = include_str!("small.txt");

fn packed(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gz.write_all(text.as_bytes()).expect("into memory");
    gz.finish().expect("into memory")
}

/// A folder of this test's own.
fn folder(name: &str, files: &[(&str, &[u8])]) -> std::path::PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("roster-bench-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    files.iter().for_each(|(f, bytes)| std::fs::write(dir.join(f), bytes).expect("written"));
    dir
}

fn run(args: &[&str]) -> (u8, String) {
    let mut out = vec![];
    let code = command::answer(args.iter().map(|a| a.to_string()), &mut out);
    (code, String::from_utf8(out).expect("text"))
}

#[test]
fn json_is_one_array_with_an_object_for_each_file_packed_or_not() {
    let dir = folder("good", &[("InstanceA.txt", SMALL.as_bytes()), ("InstanceB.txt.gz", &packed(SMALL)), ("notes.md", b"not one")]);
    let at = dir.to_str().expect("a path");
    let (code, out) = run(&["--dir", at, "--seconds", "0.5", "--threads", "2", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&out).expect("one array and nothing else");
    assert_eq!((code, all.len(), out.lines().count()), (0, 2, 1), "{out}");
    for (r, name) in all.iter().zip(["InstanceA", "InstanceB"]) {
        assert_eq!((r["name"].as_str(), r["feasible"].as_bool()), (Some(name), Some(true)));
        let number = |k: &str| r[k].as_f64().unwrap_or_else(|| panic!("{k} is no number: {r}"));
        let (objective, bound) = (number("objective"), number("bound"));
        assert!(r["objective"].is_i64() && bound <= objective && number("seconds") <= 5.0, "{r}");
        assert!((number("gap") - (objective - bound) / bound.max(1.0)).abs() < 1e-9, "{r}");
        assert!(r["master"].is_string());
    }
    let (code, table) = run(&["--dir", at, "--seconds", "0.5", "--only", "A"]);
    assert_eq!((code, table.lines().count()), (0, 4), "{table}");
    assert!(table.contains("InstanceA") && table.contains("mean gap") && table.starts_with("master: "), "{table}");
}

#[test]
fn a_file_that_lies_about_its_sizes_is_told_beside_the_others_and_fails_the_run() {
    let lies = SMALL.replacen("\n14\n", "\n9\n", 1);
    let dir = folder("lies", &[("InstanceA.txt", SMALL.as_bytes()), ("InstanceB.txt.gz", &packed(&lies)), ("InstanceC.txt.gz", &packed(SMALL)[..60])]);
    let (code, out) = run(&["--dir", dir.to_str().expect("a path"), "--seconds", "0.3", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&out).expect("one array");
    assert_eq!((code, all.len()), (1, 3), "{out}");
    assert!(all[0]["feasible"].as_bool() == Some(true) && all[0].get("error").is_none());
    for r in &all[1..] {
        assert_eq!((r["feasible"].as_bool(), &r["objective"], &r["bound"], &r["gap"]), (Some(false), &serde_json::Value::Null, &serde_json::Value::Null, &serde_json::Value::Null));
    }
    let why = |i: usize| all[i]["error"].as_str().unwrap_or_default();
    assert!(why(1).contains("line") && why(1).contains("at most 8"), "{}", why(1));
    assert!(why(2).contains("gzip"), "{}", why(2));
}

#[test]
fn station_months_have_the_same_table_and_repairs() {
    let (code, out) = run(&["--stations", "6,9", "--seconds", "1", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&out).expect("one array");
    assert_eq!((code, all.len()), (0, 2), "{out}");
    for (r, name) in all.iter().zip(["Station06", "Station09"]) {
        assert_eq!(r["name"].as_str(), Some(name));
        for k in ["objective", "bound", "gap", "seconds", "feasible"] {
            assert!(r.get(k).is_some(), "{k} is missing: {r}");
        }
        let repairs = &r["repairs"];
        assert!(repairs["changed_cells"].is_u64() && repairs["new_violations"].is_u64(), "{r}");
        assert!(repairs["least"].as_f64() <= repairs["cost"].as_f64() && repairs["worst_ratio"].as_f64() >= Some(1.0), "{r}");
    }
    let dir = folder("written", &[]);
    assert_eq!(run(&["--stations", "6", "--write", dir.to_str().expect("a path")]).0, 0);
    let model: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.join("Station06.json")).expect("written")).expect("JSON");
    assert_eq!((model["days"].as_u64(), model["people"].as_array().map(Vec::len)), (Some(30), Some(6)));
}

#[test]
fn what_cannot_be_understood_is_answered_with_two() {
    for args in [&["--dir", "/nowhere/at/all"][..], &["--seconds", "never"], &["--master", "cplex", "--dir", "."], &["--stations", "5"], &[]] {
        let (code, out) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
    }
}
