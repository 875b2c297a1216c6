//! The test programs, in lanes: two for the browser's, which wait for other processes a third of the time and take longest, one
//! for those that compute, one for those that mostly wait. Cargo itself runs one program after another.

use crate::postgres::Server;
use crate::spent;
use crate::test::{cargo, step};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The package whose program drives browsers. Its modules are run like programs of their own.
const BROWSER: &str = "e2e";
/// The longest of them: what begins last ends last.
const LONGEST: &str = "e2e/pages";
/// How many are named as the dearest.
const DEAREST: usize = 8;
/// Packages whose programs wait for clocks, cameras and locks against guessing most of the time (the seconds of the processors beside
/// those of the clock tell them); they have a lane of their own beside the others.
const WAITING: &[&str] = &["media", "simcam", "video", "portal"];

/// A built test program, or a module of one.
struct Program {
    /// `package/target`, e.g. `kernel/db`, or `package/module`.
    name: String,
    /// The directory in which cargo would run it.
    dir: PathBuf,
    file: PathBuf,
    /// The tests that are run; all where none is named.
    tests: Vec<String>,
}

impl Program {
    /// From one line of `--message-format=json`; `None` for what is not a test program.
    fn from_message(line: &str) -> Option<Program> {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
            return None;
        }
        let dir = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_path_buf();
        let package = dir.file_name()?.to_string_lossy().into_owned();
        let name = format!("{package}/{}", message["target"]["name"].as_str()?);
        Some(Program { name, dir, file: message["executable"].as_str()?.into(), tests: vec![] })
    }

    fn package(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Which queue it stands in.
    fn queue(&self) -> usize {
        if self.package() == BROWSER { 0 } else if WAITING.contains(&self.package()) { 2 } else { 1 }
    }

    /// One for each module of its tests, from what the program lists (`module::test: test`).
    fn by_module(self, listed: &str) -> Vec<Program> {
        let mut modules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for test in listed.lines().filter_map(|l| l.strip_suffix(": test")) {
            modules.entry(test.split("::").next().unwrap_or_default()).or_default().push(test.to_string());
        }
        let named = |(module, tests)| Program { name: format!("{}/{module}", self.package()), dir: self.dir.clone(), file: self.file.clone(), tests };
        modules.into_iter().map(named).collect()
    }

    /// Runs it to its end; its output comes in one piece, so that two lanes do not mix.
    fn run(&self, env: &[(&str, String)]) -> Done<'_> {
        let began = Instant::now();
        let mut command = Command::new(&self.file);
        command.current_dir(&self.dir).env("CARGO_MANIFEST_DIR", &self.dir).envs(env.iter().map(|(k, v)| (k, v)));
        if !self.tests.is_empty() {
            command.arg("--exact").args(&self.tests);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (out, cpu) = match spent::run(&mut command) {
            Ok(ran) => ran,
            Err(e) => {
                eprintln!("{}: {e}", self.file.display());
                return Done { name: &self.name, cpu: 0.0, good: false };
            }
        };
        let seconds = began.elapsed().as_secs_f32();
        let says = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let good = out.status.success();
        if good {
            let stdout = says(&out.stdout);
            let result = stdout.lines().filter(|l| l.starts_with("test result:")).collect::<Vec<_>>().join(" ");
            // Tests that left something out say so in a plain line.
            let skipped: String = says(&out.stderr).lines().map(|l| format!("\n   {l}")).collect();
            eprintln!("{:<28} {seconds:6.1} s {cpu:6.1} CPU s  {result}{skipped}", self.name);
        } else {
            eprintln!("{}\n{}\n{} failed ({}) after {seconds:.1} s", says(&out.stdout), says(&out.stderr), self.name, out.status);
        }
        Done { name: &self.name, cpu, good }
    }
}

/// What became of a program, and what it and all that it started cost.
struct Done<'a> {
    name: &'a str,
    cpu: f64,
    good: bool,
}

/// What a command need not write where nothing was built yet: what the compiler could use again, and the lines for a
/// debugger; and it need not cut a package into many pieces where two processors have other packages to build. That is
/// a quarter of the time and half of the disk, and who goes on working here has both written at the next change. A failed
/// test names its line all the same.
pub(crate) fn lean(command: &mut Command) {
    command.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "none").env("CARGO_PROFILE_DEV_CODEGEN_UNITS", "4");
}

/// Whether nothing was built here yet.
pub(crate) fn from_nothing() -> bool {
    let target = PathBuf::from(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into()));
    let Ok(kept) = std::fs::read_dir(target.join("debug").join("incremental")) else { return true };
    !kept.flatten().any(|e| e.file_name().to_string_lossy().starts_with("kernel-"))
}

/// Builds every test program of the workspace, and the examples: the recorder's is what its test kills.
fn build(from_nothing: bool) -> Result<(Vec<Program>, f64), String> {
    let mut command = cargo(&["test", "--workspace"]);
    command.args(["--no-run", "--quiet", "--message-format=json-render-diagnostics"]);
    if from_nothing {
        lean(&mut command);
    }
    let (out, cpu) = spent::run(command.stdout(Stdio::piped())).map_err(|e| format!("cargo: {e}"))?;
    if !out.status.success() {
        return Err("the tests do not build".into());
    }
    let built: Vec<Program> = String::from_utf8_lossy(&out.stdout).lines().filter_map(Program::from_message).collect();
    let mut programs = vec![];
    for p in built {
        if p.package() == BROWSER {
            let listed = Command::new(&p.file).arg("--list").output().map_err(|e| format!("{}: {e}", p.file.display()))?;
            programs.extend(p.by_module(&String::from_utf8_lossy(&listed.stdout)));
        } else {
            programs.push(p);
        }
    }
    Ok((programs, cpu))
}

/// Programs of one kind, in the order of beginning.
#[derive(Default)]
struct Queue {
    programs: Vec<Program>,
    begun: AtomicUsize,
}

impl Queue {
    fn next(&self) -> Option<&Program> {
        self.programs.get(self.begun.fetch_add(1, Ordering::Relaxed))
    }
}

/// The queues of browser, computing and waiting programs.
fn queues(programs: Vec<Program>) -> [Queue; 3] {
    let mut all: [Queue; 3] = Default::default();
    for p in programs {
        all[p.queue()].programs.push(p);
    }
    all[0].programs.sort_by_key(|p| p.name != LONGEST);
    all
}

/// Runs what stands in the first queue, then what is left in the next, until there is nothing.
fn lane<'a>(order: &[&'a Queue], env: &[(&str, String)]) -> Vec<Done<'a>> {
    std::iter::from_fn(|| order.iter().find_map(|q| q.next())).map(|p| p.run(env)).collect()
}

/// What all cost, and the dearest of them.
fn bill(mut done: Vec<Done<'_>>) -> String {
    done.sort_by(|a, b| b.cpu.total_cmp(&a.cpu));
    let dearest: Vec<String> = done.iter().take(DEAREST).map(|d| format!("{} {:.0}", d.name, d.cpu)).collect();
    format!("{:.0} CPU s; the dearest: {}", done.iter().map(|d| d.cpu).sum::<f64>(), dearest.join(", "))
}

/// Builds and runs every test, documentation included; all run, whatever fails.
///
/// # Errors
/// The names of the programs that failed.
pub fn run(env: &[(&str, String)], server: Option<&Server>) -> Result<(), String> {
    let began = Instant::now();
    let new = from_nothing();
    let (programs, cpu) = build(new)?;
    eprintln!("── {} test programs: built in {:.1} s, {cpu:.0} CPU s", programs.len(), began.elapsed().as_secs_f32());
    let began = Instant::now();
    let [browser, computing, waiting] = queues(programs);
    let orders = [vec![&browser, &computing], vec![&browser, &computing], vec![&computing, &browser], vec![&waiting]];
    let done: Vec<Done<'_>> = std::thread::scope(|s| {
        let lanes: Vec<_> = orders.iter().map(|order| s.spawn(|| lane(order, env))).collect();
        lanes.into_iter().flat_map(|l| l.join().unwrap_or_else(|_| vec![Done { name: "a lane", cpu: 0.0, good: false }])).collect()
    });
    let failed: Vec<String> = done.iter().filter(|d| !d.good).map(|d| d.name.to_string()).collect();
    let database = server.map_or(0.0, Server::spent);
    eprintln!("── tests: {:.1} s, PostgreSQL {database:.0} CPU s, {}", began.elapsed().as_secs_f32(), bill(done));
    if !failed.is_empty() {
        return Err(format!("failed: {}", failed.join(", ")));
    }
    let mut docs = cargo(&["test", "--workspace", "--doc", "--quiet"]);
    if new {
        lean(&mut docs);
    }
    step("examples in the documentation", docs.stdout(Stdio::null()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_test_programs_are_taken_and_the_longest_begins_first() {
        let line = |of: &str, target: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/crates/{of}/Cargo.toml","target":{{"name":"{target}"}},"profile":{{"test":{test}}},"executable":"/w/target/debug/deps/{target}-1"}}"#
            )
        };
        let built = [("media", "disks"), ("e2e", "all"), ("kernel", "kernel")];
        let mut programs: Vec<Program> = built.iter().map(|(of, target)| Program::from_message(&line(of, target, true)).unwrap()).collect();
        let browser = programs.remove(1).by_module("clip::a: test\npages::b: test\npages::c: test\n\n3 tests, 0 benchmarks\n");
        assert_eq!(browser[1].tests, ["pages::b", "pages::c"]);
        programs.extend(browser);
        let all = queues(programs);
        let names = all.each_ref().map(|q| std::iter::from_fn(|| q.next()).map(|p| p.name.as_str()).collect::<Vec<_>>());
        assert_eq!(names, [vec!["e2e/pages", "e2e/clip"], vec!["kernel/kernel"], vec!["media/disks"]]);
        assert!(Program::from_message(&line("e2e", "pages", false)).is_none());
        assert!(Program::from_message(r#"{"reason":"build-finished","success":true}"#).is_none());
    }
}
