//! Drives the built `fengqiao` binary in Chromium, as a person would.
//!
//! **Invariants.** Nothing here links the product: the server is the binary, the pages are what Chromium shows.
//! Every server runs on its own data directory and free port, every person in their own browser context; all
//! processes and directories go away with the values that own them, also on panic.
//!
//! Environment: `FENGQIAO_BIN` (default `target/debug/fengqiao`), `FENGQIAO_CHROMIUM` (default
//! `/usr/bin/chromium`), `FENGQIAO_E2E=skip` leaves the tests out.

mod axe;
mod browser;
pub mod cameras;
mod devtools;
pub mod dispute;
mod keyboard;
mod probe;
mod server;
mod tab;

pub use axe::{Violation, both};
pub use browser::Browser;
pub use keyboard::Key;
pub use probe::{Peeked, Seen};
pub use server::{Account, Server};
pub use tab::{Tab, View, one_time_code};

use std::path::{Path, PathBuf};

/// True when the tests shall be left out (`FENGQIAO_E2E=skip`); says so once.
pub fn skipped() -> bool {
    let skip = std::env::var("FENGQIAO_E2E").is_ok_and(|v| v == "skip");
    if skip {
        eprintln!("FENGQIAO_E2E=skip: the browser tests are left out");
    }
    skip
}

/// The workspace's root directory.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where screenshots go: `target/e2e`, made when it is not there.
pub fn pictures() -> anyhow::Result<PathBuf> {
    let dir = workspace().join("target/e2e");
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}
