//! Measures what a station pays for paper: the first page, the following ones, and data at its bounds.
//! `cargo run --release -p documents --example measure`

use std::time::Instant;

use documents::{MEDIATION_AGREEMENT, Template, limits, render};
use serde_json::{Value, json};

const PROSE: Template =
    Template { name: "测量", source: "#import \"/base.typ\": *\n#show: paper.with(title: \"测量\")\n#prose(sys.inputs.text)" };

fn main() {
    let mut data: Value = serde_json::from_str(include_str!("../samples/agreement_people.json")).expect("sample");
    let started = Instant::now();
    let pdf = render(&MEDIATION_AGREEMENT, &data).expect("sample prints");
    println!("first: {:?}, {} pages, {} bytes", started.elapsed(), pdf.pages, pdf.bytes.len());

    let mut times: Vec<_> = (0..200)
        .map(|number| {
            data["number"] = json!(format!("（2026）第 {number} 号"));
            data["facts"] = json!(format!("第 {number} 件。").repeat(20));
            let started = Instant::now();
            render(&MEDIATION_AGREEMENT, &data).expect("sample prints");
            started.elapsed()
        })
        .collect();
    times.sort();
    println!("next: p50 {:?}, p99 {:?}", times[100], times[197]);

    let most = limits::MAX_TEXT_BYTES - 100;
    let cases = [
        ("one paragraph", "矛盾纠纷，".repeat(most / 15)),
        ("paragraphs", "矛盾纠纷，双方同意。\n".repeat(most / 31)),
        ("one word", "a".repeat(most)),
        ("short lines", "一\n".repeat(most / 4)),
        ("accents", "e\u{301}\u{301}\u{301}\u{301}".repeat(most / 9)),
        ("mixed writing", "汉a字1é※".repeat(most / 14)),
        ("marks without a base", "\u{301}".repeat(most / 2)),
        ("every character", ('\u{3400}'..='\u{9fff}').chain('\u{ac00}'..='\u{d7a3}').collect()),
    ];
    for (name, text) in cases {
        let started = Instant::now();
        let outcome = render(&PROSE, &json!({ "issued_at": "2026-03-05T14:30:00+08:00", "text": text }));
        let outcome = outcome.map(|pdf| (pdf.pages, pdf.bytes.len(), pdf.missing.len())).map_err(|e| e.detail());
        println!("{name}: {:?}, (pages, bytes, missing) {outcome:?}", started.elapsed());
    }
}
