//! PDF files of others: drawn page by page, or refused with the reason.

use base64::Engine as _;
use serde_json::json;

use super::{PLAIN, plain};
use crate::limits::MAX_FOREIGN_PAGES;
use crate::{DOSSIER, Foreign, Template, Unreadable, render};

/// Two pages made by reportlab 4: Chinese in STSong-Light, which is not in the file, Latin in Helvetica, a red disc.
const TWO_PAGES: &[u8] = include_bytes!("../../samples/two_pages.pdf");
/// The same with the password "secret" (AES-256).
const LOCKED: &[u8] = include_bytes!("../../samples/locked.pdf");

fn drawn(longest: u16) -> Vec<Vec<u8>> {
    Foreign::open(TWO_PAGES.to_vec()).unwrap().draw(longest).unwrap()
}

#[test]
fn every_page_is_drawn_with_its_text_also_where_the_font_is_missing() {
    let pages = drawn(800);
    assert_eq!(pages.len(), 2);
    if let Some(dir) = std::env::var_os("DOCUMENTS_OUT") {
        std::fs::write(std::path::Path::new(&dir).join("foreign.jpg"), &pages[0]).unwrap();
    }
    let picture = image::load_from_memory(&pages[0]).unwrap().to_rgb8();
    assert_eq!((picture.width(), picture.height()), (565, 800));
    // Points of the file to pixels of the picture: 842 points are 800 pixels, from the bottom.
    let dark = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
        let scale = |v: u32| (v as f32 * 800.0 / 842.0) as u32;
        let all = y.flat_map(|y| x.clone().map(move |x| (scale(x), scale(842 - y))));
        all.filter(|(x, y)| picture.get_pixel(*x, *y).0.iter().all(|c| *c < 110)).count()
    };
    assert!(dark(80..280, 738..768) > 300, "Chinese, in the bundled Song");
    assert!(dark(80..200, 690..704) > 60, "Latin, in the reader's own");
    assert_eq!(dark(80..280, 500..600), 0);
    let disc = picture.get_pixel(427, 610).0;
    assert!(disc[0] > 150 && disc[1] < 40, "the red disc: {disc:?}");
}

#[test]
fn locked_broken_and_endless_files_are_refused_with_the_reason() {
    let why = |bytes: &[u8]| Foreign::open(bytes.to_vec()).err();
    assert_eq!(why(LOCKED), Some(Unreadable::Locked));
    assert_eq!(Unreadable::Locked.to_string(), "设有打开密码");
    for broken in [&b"%PDF-1.7\n"[..], b"", b"%PDF-1.7\n%%EOF\n", &[0xff; 4_000]] {
        assert_eq!(why(broken), Some(Unreadable::Broken));
    }
    // Any cut or changed file is drawn or refused, and never ends the worker.
    for at in (0..TWO_PAGES.len()).step_by(61) {
        let mut changed = TWO_PAGES.to_vec();
        changed[at] = changed[at].wrapping_add(1);
        let _ = Foreign::open(changed).map(|f| f.draw(60));
        let _ = Foreign::open(TWO_PAGES[..at].to_vec()).map(|f| f.draw(60));
    }
    let many = "#for _ in range(sys.inputs.pages) { [页] + pagebreak(weak: true) }";
    let data = json!({ "issued_at": "2026-03-05T14:30:00Z", "pages": MAX_FOREIGN_PAGES + 1 });
    let long = render(&Template { name: "测试", source: many }, &data).unwrap().bytes;
    let limit = MAX_FOREIGN_PAGES;
    assert_eq!(why(&long), Some(Unreadable::TooManyPages { pages: limit + 1, limit }));
}

#[test]
fn drawn_pages_are_bound_into_a_dossier_that_stays_pdf_a() {
    let own = render(&PLAIN, &plain("自己印的文书也是别人的文件")).unwrap();
    assert_eq!(Foreign::open(own.bytes).unwrap().pages(), 1);
    let pages: Vec<_> = drawn(1_240)
        .iter()
        .enumerate()
        .map(|(n, page)| {
            let picture = base64::engine::general_purpose::STANDARD.encode(page);
            json!({ "layout": "page", "title": "证据材料", "picture": { "$jpeg": picture }, "lines": [format!("裁定书.pdf　第{}页，共2页", n + 1)] })
        })
        .collect();
    let data = json!({
        "issued_at": "2026-03-05T14:30:00+08:00",
        "cover": { "organ": "测试派出所", "heading": "纠纷办理卷宗", "number": "（2026）1号", "lines": [["卷名", "甲与乙"]] },
        "contents": [{ "name": "证据材料", "first": 0, "last": 1 }],
        "parts": pages,
        "back": { "lines": [["立卷人", "甲"]] },
    });
    let pdf = render(&DOSSIER, &data).unwrap_or_else(|e| panic!("{}", e.detail()));
    assert_eq!((pdf.pages, pdf.missing.len()), (5, 0), "cover, contents, two pages, back cover");
    let text = String::from_utf8_lossy(&pdf.bytes);
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>") && !text.contains("/EmbeddedFile"));
    assert!(pdf.bytes == render(&DOSSIER, &data).unwrap().bytes);
    if let Some(dir) = std::env::var_os("DOCUMENTS_OUT") {
        std::fs::write(std::path::Path::new(&dir).join("foreign.pdf"), &pdf.bytes).unwrap();
    }
}
