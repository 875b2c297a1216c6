//! The recorder killed with SIGKILL while it records, in the short form that every test run takes.

use std::path::PathBuf;
use std::process::Command;

/// The program of `examples/video`, which cargo builds with all tests of this crate (not with `--test kill` alone).
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.parent().unwrap().parent().unwrap().join("examples/video")
}

#[test]
fn three_kills_of_twenty_cameras_leave_no_corrupt_file_and_cost_one_group_each() {
    let dir = tempfile::tempdir().unwrap();
    let ring = dir.path().join("ring");
    let args = ["soak", "--cameras", "20", "--seconds", "20", "--kills", "3", "--json", "--dir"];
    let out = Command::new(program()).args(args).arg(&ring).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    println!("{said}");
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
}
