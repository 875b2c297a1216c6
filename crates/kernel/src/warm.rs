//! Reading the SQLite file once after the start, so that the first requests of the day do not wait for the disk.
//!
//! A page of a dispute touches some sixty leaves of the file. From the system's cache they cost microseconds, from the
//! disk a tenth of a millisecond each; after a night's restart of years of data every page would pay that.

use crate::unclosed;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Read at once, in bytes. Who waits for the disk meanwhile waits for this much at most.
const CHUNK: usize = 1 << 18;
/// Rest after a chunk, as a multiple of the time that it took: pages that are asked meanwhile come first, and what stands in
/// memory already is passed over quickly.
const REST: u32 = 3;
/// Kilobytes of memory that stay free for everything else, whatever the file's size.
const SPARE_KB: u64 = 512 * 1024;

/// Starts the reading in a thread of its own, which ends with the program.
pub(crate) fn aside(path: PathBuf) {
    let work = move || match warm(&path) {
        Ok(bytes) => tracing::debug!("read ahead: {bytes} bytes of {}", path.display()),
        Err(e) => tracing::debug!("not read ahead: {}: {e}", path.display()),
    };
    if let Err(e) = std::thread::Builder::new().name("read-ahead".into()).spawn(work) {
        tracing::debug!("not read ahead: {e}");
    }
}

/// Reads the file to its end when the system has memory to keep it; gives how many bytes were read.
///
/// # Errors
/// The file cannot be opened or read. Nothing depends on it: the pages are then read when they are asked for.
pub(crate) fn warm(path: &Path) -> std::io::Result<u64> {
    let file = unclosed::open(path)?;
    let size = file.metadata()?.len();
    if !fits(size, available_kb()) {
        return Ok(0);
    }
    let mut buffer = vec![0; CHUNK];
    let mut read = 0;
    loop {
        let begun = Instant::now();
        let n = file.read_at(&mut buffer, read)?;
        if n == 0 {
            return Ok(read);
        }
        read += n as u64;
        std::thread::sleep(begun.elapsed() * REST);
    }
}

/// Whether a file of `size` bytes can stand in `free_kb` kilobytes of memory beside the rest of the machine's work.
/// Without knowledge of the memory nothing is read ahead.
fn fits(size: u64, free_kb: Option<u64>) -> bool {
    free_kb.is_some_and(|free| size / 1024 + SPARE_KB <= free)
}

/// What Linux could give to files and programs without swapping, in kilobytes (`MemAvailable` of `proc(5)`).
fn available_kb() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_fits_and_nothing_else() {
        assert!(fits(1 << 30, Some(2 << 20)), "a gigabyte in two");
        assert!(!fits(2 << 30, Some(2 << 20)), "two gigabytes leave nothing for the rest");
        assert!(!fits(1, None), "memory unknown");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), vec![7; CHUNK + 5]).expect("written");
        let read = warm(file.path()).expect("read");
        let whole = fits(CHUNK as u64, available_kb());
        assert_eq!(read, if whole { CHUNK as u64 + 5 } else { 0 });
        assert!(warm(Path::new("/nonexistent/fengqiao.sqlite")).is_err());
    }
}
