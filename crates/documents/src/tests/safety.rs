//! Data stays text, templates reach nothing, and no character disappears unseen.

use serde_json::json;

use super::{PLAIN, complaint, people, plain};
use crate::{MEDIATION_AGREEMENT, Template, render};

#[test]
fn markup_in_data_reaches_the_page_as_the_same_characters() {
    let injected = [
        "138****0000",
        "#read(\"/etc/passwd\")",
        "#eval(\"1+1\")",
        "$x^2$ <label> @ref `raw` _emph_ *strong*",
        "= 标题 - 列表 / 术语: 值 // 注释 /* 块 */",
        "C:\\temp\\new \\ \\u{41} ~ -- --- ... 'q' \"q\"",
        "https://example.com ]} #{ [",
    ];
    // The template itself says whether what it places on the page is the string it was given.
    let witness = Template {
        name: "测试",
        source: "#import \"/base.typ\": *\n#let data = sys.inputs\n#for one in data.texts {\n\
                 let placed = show-value(one)\n assert.eq(placed.func(), text)\n assert.eq(placed.text, one)\n\
                 let first = prose(one).children.first()\n assert.eq(first.text, one)\n placed\n}",
    };
    render(&witness, &json!({ "issued_at": "2026-03-05T14:30:00+08:00", "texts": injected }))
        .unwrap_or_else(|error| panic!("{}", error.detail()));
    for text in injected {
        let mut data = people();
        data["facts"] = json!(text);
        data["parties"][0]["name"] = json!(text);
        data["terms"][0]["text"] = json!(text);
        data["number"] = json!(text);
        render(&MEDIATION_AGREEMENT, &data).unwrap_or_else(|error| panic!("{text}: {}", error.detail()));
    }
}

#[test]
fn no_template_calls_eval() {
    for source in [crate::BASE, MEDIATION_AGREEMENT.source, crate::RECEIPT.source] {
        assert!(!source.contains("eval("));
    }
}

#[test]
fn files_and_packages_are_denied() {
    let data = plain("");
    assert!(complaint("#read(\"/etc/passwd\")", &data).contains("access denied"));
    assert!(complaint("#read(\"../../etc/passwd\")", &data).contains("escape"));
    assert!(complaint("#import \"/other.typ\": *", &data).contains("access denied"));
    assert!(complaint("#import \"@preview/cetz:0.3.0\": *", &data).contains("access denied"));
    assert!(complaint("#image(\"/seal.png\")", &data).contains("access denied"));
    assert!(complaint("#datetime.today()", &data).contains("unable to get the current date"));
}

#[test]
fn a_linked_file_inside_an_svg_is_not_read() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\
               <image href='secret.png' width='9' height='9'/><image href='/etc/hostname' width='9' height='9'/></svg>";
    let mut data = plain("");
    data["picture"] = json!({ "$svg": svg });
    let said = complaint("#image(sys.inputs.picture, format: \"svg\")", &data);
    assert!(said.contains("linked image"), "{said}");
}

#[test]
fn rare_characters_of_the_general_list_are_drawn_and_others_reported() {
    let pdf = render(&PLAIN, &plain("王㛃、李𬱟、其木格·巴图，〇")).unwrap();
    assert!(pdf.missing.is_empty(), "{:?}", pdf.missing);
    let pdf = render(&PLAIN, &plain("张\u{20055}\u{2b81a}，ᠮᠣᠩᠭᠣᠯ，再一个\u{20055}")).unwrap();
    // Mongolian script is drawn by the font that ships; what only some mounted font has is named.
    assert_eq!(pdf.missing, vec!['\u{20055}', '\u{2b81a}']);
    assert!(String::from_utf8_lossy(&pdf.bytes).contains("NotoSansMongolian"));
}

#[test]
fn invisible_and_reordering_characters_do_not_pass_silently() {
    let clean = render(&PLAIN, &plain("金额 100 元")).unwrap();
    let dirty = render(&PLAIN, &plain("\u{feff}金额\u{200b} 1\u{0}00\r 元")).unwrap();
    assert_eq!((clean.missing, dirty.missing), (vec![], vec![]));
    let reordered = render(&PLAIN, &plain("金额\u{202e}001\u{202c}元")).unwrap();
    assert_eq!(reordered.missing, vec!['\u{202c}', '\u{202e}']);
}

#[test]
fn heaps_of_combining_marks_are_cut() {
    let pdf = render(&PLAIN, &plain(&format!("e\u{301}a{}", "\u{301}".repeat(80_000)))).unwrap();
    assert_eq!((pdf.pages, pdf.missing), (1, vec!['\u{301}']));
}

#[test]
fn a_long_run_without_spaces_gets_places_to_break() {
    let source = "#assert.eq(sys.inputs.text.split(\"\u{200b}\").map(part => part.len()), (30, 30, 20))";
    let print = |text: String| render(&Template { name: "测试", source }, &plain(&text)).map_err(|e| e.detail()).map(|_| ());
    assert_eq!(print("a".repeat(80)), Ok(()));
}
