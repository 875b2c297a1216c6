//! Measures what a station pays for paper: the first page, the following ones, and data at its bounds.
//! `cargo run --release -p documents --example measure`

use std::time::Instant;

use documents::{DOSSIER, MEDIATION_AGREEMENT, Template, limits, render};
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

    dossier(&data);

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

/// A dossier of some thirty pages, without and with six photos.
fn dossier(agreement: &Value) {
    let form = |title: &str, n: usize| {
        let text = format!("第{n}次，双方当事人到场，调解员说明来意，双方各自陈述了事情的经过和想法。").repeat(9);
        json!({
            "layout": "form", "issued_at": "2026-05-08T09:00:00+08:00", "title": title, "number": "（2026）兴华社区人调字第1号",
            "blocks": [
                { "table": { "widths": [-5.6, 1], "rows": [["时间", "2026年5月8日"], ["地点", "调解室"], ["情况", { "value": text, "tall": 60 }]] } },
                { "heading": "经过" }, { "prose": text },
                { "together": [{ "signs": [{ "role": "甲方", "name": "乌仁其木格" }, { "role": "乙方", "name": "宋立群" }] }, { "seal": { "organ": "兴华社区人民调解委员会", "date": "2026-05-08" } }] },
            ],
        })
    };
    let mut agreement = agreement.clone();
    agreement["layout"] = json!("agreement");
    let titles = ["受理登记表", "权利义务告知书", "身份证明", "调查笔录", "证据材料清单", "调解记录", "履行凭证", "回访记录", "结案报告表"];
    let jpeg = std::env::args().nth(1).map(|f| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(std::fs::read(f).expect("a JPEG"))
    });
    for photos in [0, 6] {
        let mut parts: Vec<Value> = (0..14).map(|n| form(titles[n % titles.len()], n)).collect();
        parts.insert(6, agreement.clone());
        if let (Some(picture), true) = (&jpeg, photos > 0) {
            parts.truncate(11);
            parts.extend((0..photos).map(|n| json!({ "layout": "photo", "title": format!("证据材料 {n}"), "picture": { "$jpeg": picture }, "lines": ["现场照片"] })));
        }
        let contents: Vec<Value> = (0..parts.len()).map(|n| json!({ "name": format!("文书 {n}"), "date": "2026.05.08", "first": n, "last": n })).collect();
        let mut data = json!({
            "issued_at": "2026-05-20T09:00:00+08:00",
            "cover": { "organ": "兴华社区人民调解委员会", "heading": "人民调解卷宗", "number": "（2026）兴华社区人调字第1号", "lines": [["卷名", "甲与乙邻里纠纷"], ["立卷人", "王建国"]] },
            "contents": contents, "parts": parts, "back": { "lines": [["立卷人", "王建国"]] },
        });
        let (mut times, mut pages) = (vec![], 0);
        for n in 0..60 {
            data["cover"]["lines"][0][1] = json!(format!("第 {n} 卷"));
            let started = Instant::now();
            pages = render(&DOSSIER, &data).unwrap_or_else(|e| panic!("{}", e.detail())).pages;
            times.push(started.elapsed());
        }
        times.sort();
        println!("dossier of {pages} pages, {photos} photos: p50 {:?}, p99 {:?}", times[30], times[59]);
        if jpeg.is_none() {
            break;
        }
    }
}
