//! The whole dossier: cover, contents, every paper with its signed scans, evidence as sheets, back cover.

use super::case::Case;
use super::{cn, cn_day, form, rfc3339};
use crate::bind::Bound;
use crate::model::{Paper, Volume};
use kernel::{AttachmentId, Result, Timestamp, Uuid};
use mediation::model::Track;
use serde_json::{Value, json};

/// A photo whose bytes the caller puts in place of `{"$photo": id}`.
#[derive(Clone, Debug)]
pub struct Picture {
    pub id: AttachmentId,
    pub size: i64,
}

struct Binder<'a> {
    bound: &'a [Bound],
    parts: Vec<Value>,
    contents: Vec<Value>,
    pictures: Vec<Picture>,
}

impl Binder<'_> {
    /// One line of the contents with the parts that `add` binds.
    fn entry(&mut self, name: String, number: &str, date: &str, add: impl FnOnce(&mut Self)) {
        let first = self.parts.len();
        add(self);
        if self.parts.len() > first {
            let last = self.parts.len() - 1;
            let note = if last > first { format!("{}件", last - first + 1) } else { String::new() };
            self.contents.push(json!({ "name": name, "number": number, "date": date, "note": note, "first": first, "last": last }));
        }
    }

    /// Photos and the pages of PDF files as sheets; what could not be bound by name, size and reason, because its original goes
    /// beside the volume.
    fn files(&mut self, title: &str, files: &[attachments::Kept], at: Timestamp) {
        for f in files.iter().filter(|f| f.is_image()) {
            self.pictures.push(Picture { id: f.id, size: f.size });
            self.parts.push(json!({
                "layout": "photo", "title": title, "picture": { "$photo": f.id },
                "lines": [format!("{}　{}收存", f.file_name, cn_day(f.added_at))],
            }));
        }
        let mut rows: Vec<Value> = vec![];
        for f in files.iter().filter(|f| !f.is_image()) {
            match self.bound.iter().find(|b| b.id == f.id).map(|b| &b.pages) {
                Some(Ok(pages)) => {
                    for n in 1..=pages.len() {
                        let line = format!("{}　第{n}页，共{}页　{}收存", f.file_name, pages.len(), cn_day(f.added_at));
                        self.parts.push(json!({ "layout": "page", "title": title, "picture": { "$page": [f.id, n - 1] }, "lines": [line] }));
                    }
                }
                other => {
                    let why = if let Some(Err(why)) = other { why.as_str() } else { "没有读取" };
                    rows.push(json!([(rows.len() + 1).to_string(), f.file_name, f.size_text(), cn_day(f.added_at), why]));
                }
            }
        }
        if rows.is_empty() {
            return;
        }
        let mut data = form(&format!("{title}：另附文件"), "", at, vec![
            json!({ "prose": "下列 PDF 文件没有装订入卷，原件随本卷另附，内容以原件为准。" }),
            json!({ "list": { "widths": [-3.2, 1.0, -5.0, -8.4, 0.8], "head": ["序号", "文件名称", "大小", "收存日期", "未装订的原因"], "rows": rows } }),
        ]);
        data["layout"] = json!("form");
        self.parts.push(data);
    }
}

/// The data of the whole and the photos it needs. `sheets`: every paper with its data, in order; `bound`: the PDF uploads,
/// whose pages the caller puts in place of `{"$page": [id, n]}`.
pub fn whole(case: &Case, v: &Volume, sheets: Vec<(Paper, Uuid, Value)>, bound: &[Bound]) -> Result<(Value, Vec<Picture>)> {
    let mut b = Binder { bound, parts: vec![], contents: vec![], pictures: vec![] };
    for (paper, record, mut data) in sheets {
        let number = data["number"].as_str().unwrap_or("").to_string();
        let own = if number == v.number || number == case.d.number { String::new() } else { number };
        let date = data["issued_at"].as_str().unwrap_or("").get(..10).unwrap_or("").replace('-', ".");
        let name = data["title"].as_str().unwrap_or(paper.label()).to_string();
        let scans: Vec<attachments::Kept> = case.scans.iter().filter(|s| s.0 == paper && s.1 == record).flat_map(|s| s.2.clone()).collect();
        b.entry(name.clone(), &own, &date, |b| {
            data["layout"] = json!(if paper == Paper::Agreement { "agreement" } else { "form" });
            b.parts.push(data);
            b.files(&format!("{name}（签字件）"), &scans, v.at);
            match paper {
                Paper::Identity => {
                    for p in &case.parties {
                        b.files(&format!("{}证件复印件", p.p.side.label()), &p.identity, v.at);
                    }
                }
                Paper::Power => {
                    if let Some(p) = case.party(record) {
                        b.files("授权委托书（签字件）", &p.powers, v.at);
                    }
                }
                Paper::Evidence => {
                    b.files("证据材料", &case.evidence, v.at);
                    for t in &case.talks {
                        b.files("证据材料", &t.files, v.at);
                    }
                }
                Paper::Performance => {
                    for (_, files) in &case.promises {
                        b.files("履行凭证", files, v.at);
                    }
                }
                Paper::Confirmation => b.files("司法确认材料", &case.court, v.at),
                _ => {}
            }
        });
    }
    let retention = case.rules.name("dossier.retention", &v.retention).to_string();
    let heading = match case.d.track {
        Some(Track::Peoples) => "人民调解卷宗",
        Some(Track::PublicOrder) => "治安调解卷宗",
        Some(Track::Administrative) => "行政调解卷宗",
        None => "纠纷办理卷宗",
    };
    let data = json!({
        "issued_at": rfc3339(v.at),
        "cover": {
            "organ": v.organ, "heading": heading, "number": v.number,
            "lines": [
                ["卷名", v.title], ["卷号", v.number], [if case.d.track == Some(Track::Peoples) { "调解员" } else { "主持人" }, v.mediator],
                ["调解日期", format!("{} 至 {}", cn(v.from_day), cn(v.until_day))],
                ["立卷人", v.filed_by], ["立卷日期", cn(v.filed_on)], ["保管期限", retention],
            ],
        },
        "contents": b.contents,
        "parts": b.parts,
        "back": { "lines": [["立卷人", v.filed_by], ["检查人", ""], ["立卷日期", cn(v.filed_on)]] },
    });
    Ok((data, b.pictures))
}
