//! Every bound refuses, with a sentence that names it.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{PLAIN, plain};
use crate::limits::{MAX_DEPTH, MAX_PAGES, MAX_PICTURE_BYTES, MAX_TEXT_BYTES, MAX_VALUES};
use crate::{DocumentError, Template, add_font_dir, render};

fn refusal(data: &Value) -> String {
    render(&PLAIN, data).expect_err("over the bound").to_string()
}

#[test]
fn text_values_and_depth_are_bounded() {
    assert!(refusal(&plain(&"字".repeat(MAX_TEXT_BYTES / 3))).contains("文字字节数"));
    let mut data = plain("");
    data["many"] = json!(vec![0; MAX_VALUES]);
    assert!(refusal(&data).contains("数据项数"));
    let mut deep = json!(0);
    for _ in 0..=MAX_DEPTH {
        deep = json!([deep]);
    }
    data["many"] = deep;
    assert!(refusal(&data).contains("数据层数"));
}

#[test]
fn pages_are_bounded() {
    let source = "#for _ in range(sys.inputs.pages) { [页] + pagebreak(weak: true) }";
    let print = |pages: usize| {
        let data = json!({ "issued_at": "2026-03-05T14:30:00Z", "pages": pages });
        render(&Template { name: "测试", source }, &data)
    };
    assert_eq!(print(MAX_PAGES).unwrap().pages, MAX_PAGES);
    let error = print(MAX_PAGES + 1).unwrap_err();
    assert!(matches!(error, DocumentError::TooManyPages { pages, limit } if (pages, limit) == (MAX_PAGES + 1, MAX_PAGES)));
}

#[test]
fn pictures_are_png_and_bounded() {
    let with = |base64: &str| {
        let mut data = plain("");
        data["picture"] = json!({ "$png": base64 });
        data
    };
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    header.extend([0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    assert!(refusal(&with(&encode(&header))).contains("图片像素数"));
    assert!(refusal(&with(&encode(b"GIF89a"))).contains("不是 PNG"));
    assert!(refusal(&with("?")).contains("base64"));
    assert!(refusal(&with(&"A".repeat(MAX_PICTURE_BYTES / 3 * 4 + 8))).contains("图片字节数"));
}

#[test]
fn a_picture_reaches_the_template_as_bytes() {
    let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let source = "#image(sys.inputs.picture, alt: \"签名\")";
    let data = json!({ "issued_at": "2026-03-05T14:30:00Z", "picture": { "$png": pixel } });
    assert_eq!(render(&Template { name: "测试", source }, &data).map(|pdf| pdf.pages).map_err(|e| e.detail()), Ok(1));
}

#[test]
fn data_needs_a_date_and_names() {
    for wrong in ["", "2026-03-05", "2026-13-05T10:00:00+08:00", "2026-03-05T10:00:00", "２０２６-03-05T10:00:00Z"] {
        assert!(refusal(&json!({ "issued_at": wrong, "text": "" })).contains("issued_at"), "{wrong}");
    }
    assert!(refusal(&json!([1])).contains("issued_at"));
    render(&PLAIN, &json!({ "issued_at": "2026-03-05T10:00:00.123456-03:30", "text": "" })).unwrap();
}

#[test]
fn a_font_directory_is_checked_before_use() {
    assert!(matches!(add_font_dir("/nonexistent/fonts"), Err(DocumentError::Font(_))));
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(add_font_dir(dir.path()).unwrap(), 0);
    std::fs::write(dir.path().join("readme.txt"), "no font").unwrap();
    assert_eq!(add_font_dir(dir.path()).unwrap(), 0);
    std::fs::write(dir.path().join("broken.ttf"), "no font").unwrap();
    assert!(add_font_dir(dir.path()).unwrap_err().to_string().contains("broken.ttf"));
}
