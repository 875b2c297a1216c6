//! Mounted fonts change the whole process, so this test has one of its own.

use std::io::Read;

#[test]
fn a_mounted_font_is_added_and_papers_still_print() {
    let mut plain = Vec::new();
    let packed: &[u8] = include_bytes!("../fonts/NotoSansSC-Medium-GB2312.ttf.gz");
    flate2::read::GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
    // The same face under another family name of the same length stands for a licensed one.
    let (from, to) = (utf16("Noto Sans SC"), utf16("Licensed One"));
    for at in 0..plain.len() - from.len() {
        if plain[at..].starts_with(&from) {
            plain[at..at + to.len()].copy_from_slice(&to);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("licensed.TTF"), &plain).unwrap();

    let source = "#set text(font: (\"Licensed One\", \"Noto Serif SC\"))\n#sys.inputs.text";
    let template = documents::Template { name: "测试", source };
    let data = serde_json::json!({ "issued_at": "2026-03-05T14:30:00+08:00", "text": "派出所" });
    let before = documents::render(&template, &data).unwrap();
    assert_eq!(documents::add_font_dir(dir.path()).unwrap(), 1);
    let after = documents::render(&template, &data).unwrap();
    let uses = |pdf: &documents::Pdf, name: &str| String::from_utf8_lossy(&pdf.bytes).contains(name);
    assert!(uses(&before, "NotoSerifSC") && uses(&after, "NotoSansSC"));
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
