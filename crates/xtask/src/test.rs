//! `cargo xt test`: the README's test command.

use crate::postgres::Server;
use crate::scratch::Scratch;
use std::process::Command;
use std::time::Instant;

/// Debian packages that the tests need, with a file that shows they are there.
const PACKAGES: &[(&str, &str)] = &[
    ("postgresql", "/usr/lib/postgresql"),
    ("chromium", "/usr/bin/chromium"),
    ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    ("poppler-utils", "/usr/bin/pdftotext"),
    ("ffmpeg", "/usr/bin/ffprobe"),
];

/// Runs a step and says how long it took; an error names the command.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<(), String> {
    eprintln!("── {name}");
    let began = Instant::now();
    let status = command.status().map_err(|e| format!("{name}: {e}"))?;
    eprintln!("── {name}: {:.1} s", began.elapsed().as_secs_f32());
    if status.success() { Ok(()) } else { Err(format!("{name} failed")) }
}

/// Cargo as from a shell. What the cargo that runs us said of our own package is taken back: a build script that looks
/// at it (ring's) would be run again, and with it half of the tree be built again, at every change between the two ways.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut c = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            c.env_remove(&name);
        }
    }
    c.args(args);
    c
}

fn packages() -> Result<(), String> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, file)| !std::path::Path::new(file).exists()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install -y --no-install-recommends {}", missing.join(" "));
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root {
        return Err(format!("the tests need Debian packages; as root run:\n  {line}"));
    }
    step("packages", Command::new("sh").arg("-c").arg(&line).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Clippy over everything; a warning fails. Apart from the tests, because it builds every dependency a second time.
pub fn lint() -> Result<(), String> {
    let mut command = cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]);
    if crate::programs::from_nothing() {
        crate::programs::lean(&mut command);
    }
    step("lints", &mut command)
}

/// Tidy and every test. `fast` leaves out the packages and PostgreSQL.
pub fn run(fast: bool) -> Result<(), String> {
    let scratch = Scratch::new()?;
    let server = if fast {
        None
    } else {
        packages()?;
        Some(Server::start()?)
    };
    crate::tidy::run()?;
    let mut env = vec![("TMPDIR", scratch.path().to_string_lossy().into_owned())];
    // Property tests take the same ways every time, so that a change is judged by itself; who sets it goes others.
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        env.push(("PROPTEST_RNG_SEED", "404".into()));
    }
    env.extend(server.iter().map(|s| ("FENGQIAO_TEST_PG", s.url())));
    crate::programs::run(&env, server.as_ref())?;
    if fast { Ok(()) } else { crate::highs::test() }
}
