//! Printed papers as golden files: what a reader that is not ours (pdftotext) finds on the sheet, and that it draws every page
//! inside the margins (pdftoppm).

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

/// What stands on a page as pdftoppm draws it: how much ink, and how far it stays from the four edges, in millimetres.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Dark dots of a hundred thousand.
    pub ink: u64,
    /// Left, top, right, bottom.
    pub margins: [f64; 4],
}

/// Dots per inch at which pages are looked at.
const DPI: f64 = 50.0;

/// Draws every page; none where pdftoppm is not installed (`cargo xt test` installs it with pdftotext).
pub fn drawn(pdf: &[u8]) -> Option<Vec<Drawn>> {
    let dpi = format!("{DPI}");
    let child = Command::new("pdftoppm").args(["-gray", "-r", &dpi, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        let _ = writeln!(std::io::stderr(), "SKIPPED a paper drawn: no pdftoppm");
        return None;
    };
    let mut input = child.stdin.take().expect("the drawer's input");
    let bytes = pdf.to_vec();
    let feeding = std::thread::spawn(move || input.write_all(&bytes));
    let out = child.wait_with_output().expect("the drawer's output");
    feeding.join().expect("the feeding thread").expect("the drawer takes the paper");
    assert!(out.status.success(), "pdftoppm: {}", String::from_utf8_lossy(&out.stderr));
    let (mut rest, mut pages) = (out.stdout.as_slice(), vec![]);
    while !rest.is_empty() {
        let (width, height, dots, next) = picture(rest);
        pages.push(seen(width, height, dots));
        rest = next;
    }
    Some(pages)
}

/// One PGM picture (`P5 width height 255` and its bytes) and what follows it.
fn picture(bytes: &[u8]) -> (usize, usize, &[u8], &[u8]) {
    let (mut at, mut head) = (0, vec![]);
    while head.len() < 4 {
        let end = bytes[at..].iter().position(u8::is_ascii_whitespace).expect("a PGM header") + at;
        if end > at {
            head.push(std::str::from_utf8(&bytes[at..end]).expect("a PGM header"));
        }
        at = end + 1;
    }
    assert!(head[0] == "P5" && head[3] == "255", "a PGM picture: {head:?}");
    let (width, height): (usize, usize) = (head[1].parse().expect("a width"), head[2].parse().expect("a height"));
    let (dots, next) = bytes[at..].split_at(width * height);
    (width, height, dots, next)
}

fn seen(width: usize, height: usize, dots: &[u8]) -> Drawn {
    let (mut left, mut top, mut right, mut bottom, mut ink) = (width, height, 0, 0, 0u64);
    for (i, _) in dots.iter().enumerate().filter(|(_, d)| **d < 200) {
        let (x, y) = (i % width, i / width);
        (left, top, right, bottom, ink) = (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1), ink + 1);
    }
    let mm = |n: usize| n as f64 * 25.4 / DPI;
    let right = width.saturating_sub(right);
    Drawn { ink: ink * 100_000 / (dots.len() as u64).max(1), margins: [mm(left), mm(top), mm(right), mm(height.saturating_sub(bottom))] }
}

/// Every page is drawn, and nothing on it comes nearer to an edge than a printer prints.
#[track_caller]
fn well_drawn(name: &str, pdf: &[u8]) {
    let Some(pages) = drawn(pdf) else { return };
    assert!(!pages.is_empty(), "{name} has no page");
    for (n, page) in pages.iter().enumerate() {
        assert!(page.ink >= LEAST_INK, "{name}, page {}: nothing is drawn ({page:?})", n + 1);
        assert!(page.margins.iter().all(|m| *m >= MARGIN_MM), "{name}, page {}: ink within {MARGIN_MM} mm of the edge ({page:?})", n + 1);
    }
}

/// A page with a page number alone has some 20 of a hundred thousand dots.
const LEAST_INK: u64 = 15;
/// Nothing comes nearer to an edge: printers leave some five millimetres white, and a sheet is never fed quite straight.
const MARGIN_MM: f64 = 8.0;

/// A second print of unchanged records is the same file, byte by byte; where it is not, says what stands there instead.
#[track_caller]
pub fn reprinted(name: &str, first: &[u8], again: &[u8]) {
    if first == again {
        return;
    }
    let texts = lines(first).zip(lines(again)).unwrap_or_default();
    let other = texts.0.lines().zip(texts.1.lines()).find(|(a, b)| a != b);
    let byte = first.iter().zip(again).position(|(a, b)| a != b).unwrap_or(first.len().min(again.len()));
    panic!("{name}: a reprint differs at byte {byte} of {} and {}; first other line: {other:?}", first.len(), again.len());
}

/// Compares a paper's text with `docs/ref/papers/<name>.txt`, or writes it (`FENGQIAO_BLESS`), and its two prints, byte by byte.
/// The name is `<crate>-<function that makes the paper>`, then what tells its samples apart; the architecture test finds papers
/// without a sample by it. `again`: the same paper printed once more, later where the product has it. `FENGQIAO_PAPERS` names a
/// directory that keeps the files for people to look at.
#[track_caller]
pub fn golden(name: &str, pdf: &[u8], again: &[u8]) {
    reprinted(name, pdf, again);
    kept_as(name, pdf, "");
}

/// The same for a paper with something that is new with each print, given beside it: it is kept as `…`, and nothing but it
/// tells two prints apart.
#[track_caller]
pub fn golden_without(name: &str, (pdf, fresh): (&[u8], &str), (again, fresher): (&[u8], &str)) {
    if let Some((first, second)) = lines(pdf).zip(lines(again)) {
        assert_ne!(fresh, fresher, "{name}: new with each print");
        assert_eq!(first.replace(fresh, "…"), second.replace(fresher, "…"), "{name}: a later print says something else");
    }
    kept_as(name, pdf, fresh);
}

#[track_caller]
fn kept_as(name: &str, pdf: &[u8], fresh: &str) {
    if let Ok(dir) = std::env::var("FENGQIAO_PAPERS") {
        std::fs::write(Path::new(&dir).join(format!("{name}.pdf")), pdf).expect("FENGQIAO_PAPERS");
    }
    well_drawn(name, pdf);
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
