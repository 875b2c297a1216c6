//! The numbers of the frames in what a recorder left on the disk, whoever it was and whatever the container.

use simcam::mark::{Mark, UUID, find};
use std::path::{Path, PathBuf};

/// All marks in a file, in file order.
pub fn of(path: &Path) -> std::io::Result<Vec<Mark>> {
    let bytes = std::fs::read(path)?;
    let mut all = vec![];
    let mut at = 0;
    // The mark begins with a byte that is rare enough to be looked for first.
    while let Some(next) = bytes[at..].windows(UUID.len()).position(|w| w[0] == UUID[0] && w == UUID) {
        at += next;
        all.extend(find(&bytes[at..(at + 64).min(bytes.len())]));
        at += UUID.len();
    }
    Ok(all)
}

/// Frames between the first and the last that are missing.
pub fn missing(marks: &mut [Mark]) -> u64 {
    marks.sort_by_key(|m| m.number);
    marks.windows(2).map(|w| (w[1].number - w[0].number).saturating_sub(1)).sum()
}

/// Recordings below a folder, oldest first.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = vec![];
    let mut open = vec![dir.to_path_buf()];
    while let Some(d) = open.pop() {
        for e in std::fs::read_dir(d).into_iter().flatten().flatten() {
            let path = e.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|x| x == "mp4" || x == "mkv") {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}
