//! Printed papers as golden files: what a reader that is not ours (pdftotext) finds on the sheet.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the golden texts of papers stand.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ref/papers")
}

/// The lines of a PDF in reading order, blanks evened out; none, with a plain line, where pdftotext is not installed
/// (`cargo xt test` installs it).
pub fn lines(pdf: &[u8]) -> Option<String> {
    let child = Command::new("pdftotext").args(["-raw", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        let _ = writeln!(std::io::stderr(), "SKIPPED a paper read back: no pdftotext");
        return None;
    };
    let mut input = child.stdin.take().expect("the reader's input");
    // In a thread of its own: the reader may write before it has read all.
    let bytes = pdf.to_vec();
    let feeding = std::thread::spawn(move || input.write_all(&bytes));
    let out = child.wait_with_output().expect("the reader's output");
    feeding.join().expect("the feeding thread").expect("the reader takes the paper");
    assert!(out.status.success(), "pdftotext: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("the reader writes UTF-8");
    let even = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let pages = text.trim_end_matches('\u{c}').split('\u{c}').map(|page| {
        page.lines().map(even).filter(|l| !l.is_empty()).map(|l| l + "\n").collect::<String>()
    });
    Some(pages.collect::<Vec<_>>().join("———— 换页 ————\n"))
}

/// Compares a paper's text with `docs/ref/papers/<name>.txt`, or writes it (`FENGQIAO_BLESS`). The name is
/// `<crate>-<function that makes the paper>`, then what tells its samples apart; the architecture test finds papers
/// without a sample by it. `FENGQIAO_PAPERS` names a directory that keeps the files for people to look at.
#[track_caller]
pub fn golden(name: &str, pdf: &[u8]) {
    golden_without(name, pdf, "");
}

/// The same for a paper with something that is new each time: `fresh` is kept as `…`.
#[track_caller]
pub fn golden_without(name: &str, pdf: &[u8], fresh: &str) {
    if let Ok(dir) = std::env::var("FENGQIAO_PAPERS") {
        std::fs::write(Path::new(&dir).join(format!("{name}.pdf")), pdf).expect("FENGQIAO_PAPERS");
    }
    let Some(mut now) = lines(pdf) else { return };
    if !fresh.is_empty() {
        assert!(now.contains(fresh), "{name}: {fresh} does not stand on the paper: {now}");
        now = now.replace(fresh, "…");
    }
    assert!(!now.contains('〓'), "{name} has a gap in the fonts: {now}");
    let path = folder().join(format!("{name}.txt"));
    if std::env::var("FENGQIAO_BLESS").is_ok() {
        std::fs::create_dir_all(folder()).expect("docs/ref/papers");
        std::fs::write(&path, now).expect("docs/ref/papers");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept == now {
        return;
    }
    let first = kept.lines().zip(now.lines()).position(|(a, b)| a != b);
    let first = first.unwrap_or(kept.lines().count().min(now.lines().count()));
    let line = |text: &str| text.lines().nth(first).unwrap_or("(end)").to_string();
    panic!(
        "docs/ref/papers/{name}.txt differs at line {}:\n kept: {}\n now:  {}\nIf the change is meant: FENGQIAO_BLESS=1 and the same test",
        first + 1,
        line(&kept),
        line(&now)
    );
}
