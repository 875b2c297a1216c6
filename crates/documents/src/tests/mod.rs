//! The promises of the engine, one file each: what papers look like, what data may not do, what fonts carry.

mod bounds;
mod foreign;
mod papers;
mod safety;

use serde_json::{Value, json};

use crate::{Template, render};

pub(crate) fn people() -> Value {
    serde_json::from_str(include_str!("../../samples/agreement_people.json")).expect("sample is JSON")
}

pub(crate) fn public_order() -> Value {
    serde_json::from_str(include_str!("../../samples/agreement_public_order.json")).expect("sample is JSON")
}

/// The receipt with a picture of the right kind in place of a QR code.
pub(crate) fn receipt() -> Value {
    let mut data: Value = serde_json::from_str(include_str!("../../samples/receipt.json")).expect("sample is JSON");
    data["qr"] = json!({ "$svg": include_str!("../../samples/qr.svg") });
    data
}

/// A template that prints `text` and nothing else.
pub(crate) const PLAIN: Template =
    Template { name: "测试", source: "#import \"/base.typ\": *\n#show: paper.with(title: \"测试\")\n#prose(sys.inputs.text)" };

/// Data for [`PLAIN`].
pub(crate) fn plain(text: &str) -> Value {
    json!({ "issued_at": "2026-03-05T14:30:00+08:00", "text": text })
}

/// What typst would say, for templates written inside a test.
pub(crate) fn complaint(source: &'static str, data: &Value) -> String {
    render(&Template { name: "测试", source }, data).expect_err("the template must fail").detail()
}
