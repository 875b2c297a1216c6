//! Where tests put what they throw away.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Memory that a run takes at most, in bytes; three times what it was seen to take.
const ROOM: u64 = 4 << 30;
/// A folder whose files stay in memory.
const MEMORY: &str = "/dev/shm";

/// A folder that goes when this is dropped. In memory where there is room: most of what a store's test waits for is a
/// disk that says it is done, and nothing here outlives the run. What a loss of power does is no test's subject; what a
/// killed process leaves behind is the same.
/// PostgreSQL stays on the disk: it does not wait for it (fsync=off) and keeps every schema until its end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// # Errors
    /// The folder cannot be made.
    pub fn new() -> Result<Scratch, String> {
        let root = if free(Path::new(MEMORY)) >= ROOM { PathBuf::from(MEMORY) } else { std::env::temp_dir() };
        let dir = root.join(format!("fengqiao-test-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Scratch(dir))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Bytes free in the file system of a folder; 0 when nobody says.
fn free(dir: &Path) -> u64 {
    let out = Command::new("df").args(["--output=avail", "-B1"]).arg(dir).output();
    let text = out.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    text.lines().nth(1).and_then(|l| l.trim().parse().ok()).unwrap_or(0)
}
