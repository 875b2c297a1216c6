//! 演示时钟: the clock of a demonstration may be set forward, so that a story of several days takes a minute.
//!
//! `FENGQIAO_DEMO_CLOCK` names a file. Whenever somebody writes a moment into it (`2026-12-01T19:30:00+08:00`), the clock is
//! set forward to it and runs on from there; the file is taken away, which tells the writer that it was done. A moment that has
//! passed changes nothing. Only `demo` reads the variable, and `demo` opens demonstrations only (decision 0038).

use kernel::{Clock, Timestamp};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The environment variable.
pub const VARIABLE: &str = "FENGQIAO_DEMO_CLOCK";

/// How often the file is looked for.
const EVERY: Duration = Duration::from_millis(50);

/// The machine's clock, or one that goes by the file that the environment names.
pub fn from_environment() -> Clock {
    let Some(file) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return Clock::System };
    eprintln!("演示时钟：往 {} 写入一个时刻（例如 2026-12-01T19:30:00+08:00），演示的时间就拨到那时；只能往后拨。", file.display());
    let clock = Clock::ahead();
    let moved = clock.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Some(at) = taken(&file) {
                moved.set(at);
                let _ = std::fs::remove_file(&file);
                eprintln!("演示时钟已拨到 {}", kernel::clock::show(moved.now()));
            }
        }
    });
    clock
}

/// The moment that stands in the file; one that is still being written, or is none, stays where it is.
fn taken(file: &Path) -> Option<Timestamp> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}
