//! Both samples print, on the pages they should have, the same bytes each time.

use serde_json::Value;

use super::{PLAIN, people, plain, public_order, receipt};
use crate::{MEDIATION_AGREEMENT, Pdf, RECEIPT, Template, render};

/// Renders, and leaves the PDF in `$DOCUMENTS_OUT` when that is set, for people to look at.
fn print(template: &Template, data: &Value, file: &str) -> Pdf {
    let pdf = render(template, data).unwrap_or_else(|error| panic!("{}", error.detail()));
    if let Some(dir) = std::env::var_os("DOCUMENTS_OUT") {
        std::fs::write(std::path::Path::new(&dir).join(file), &pdf.bytes).expect("DOCUMENTS_OUT is a directory");
    }
    pdf
}

#[test]
fn a_peoples_mediation_agreement_prints_on_three_pages() {
    let pdf = print(&MEDIATION_AGREEMENT, &people(), "agreement_people.pdf");
    assert_eq!((pdf.pages, pdf.missing), (3, vec![]));
}

#[test]
fn a_public_order_agreement_prints_on_two_pages() {
    let pdf = print(&MEDIATION_AGREEMENT, &public_order(), "agreement_public_order.pdf");
    assert_eq!((pdf.pages, pdf.missing), (2, vec![]));
}

#[test]
fn a_receipt_prints_on_one_page() {
    let pdf = print(&RECEIPT, &receipt(), "receipt.pdf");
    assert_eq!((pdf.pages, pdf.missing), (1, vec![]));
}

#[test]
fn a_paper_is_a_pdf_a_2b_dated_by_its_data() {
    let pdf = render(&PLAIN, &plain("正文")).unwrap();
    let text = String::from_utf8_lossy(&pdf.bytes).into_owned();
    assert!(text.starts_with("%PDF-1.7"));
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>") && text.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
    assert!(text.contains("2026-03-05T14:30:00+08:00"), "creation date is issued_at");
}

#[test]
fn the_same_data_prints_the_same_bytes() {
    let first = render(&MEDIATION_AGREEMENT, &people()).unwrap();
    render(&PLAIN, &plain("别的文书")).unwrap();
    let again = std::thread::spawn(|| render(&MEDIATION_AGREEMENT, &people()).unwrap()).join().unwrap();
    assert!(first.bytes == again.bytes);

    let mut other = people();
    other["copies"] = 4.into();
    assert!(first.bytes != render(&MEDIATION_AGREEMENT, &other).unwrap().bytes);
}

#[test]
fn only_the_needed_fields_are_enough() {
    let mut data = people();
    let fields = data.as_object_mut().unwrap();
    for optional in ["recorder", "others_present", "course", "disputes", "responsibility", "performance", "closing", "signed_on"] {
        fields.remove(optional);
    }
    let bare = serde_json::json!([{ "role": "甲方", "name": "甲" }, { "role": "乙方", "name": "乙" }]);
    fields.insert("parties".into(), bare);
    print(&MEDIATION_AGREEMENT, &data, "agreement_bare.pdf");
}

#[test]
fn a_missing_field_is_named_to_the_operator_and_not_to_the_person() {
    let mut data = people();
    data.as_object_mut().unwrap().remove("facts");
    let error = render(&MEDIATION_AGREEMENT, &data).unwrap_err();
    assert!(error.detail().contains("facts"), "{}", error.detail());
    assert_eq!(error.to_string(), "文书“调解协议书”的版式与数据不符，未能生成。请联系系统管理员。");
}
