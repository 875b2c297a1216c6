//! Papers made of blocks, alone, in numbered copies, or bound as one dossier (卷宗).
//!
//! A *form* is a title and blocks:
//!
//! ```json
//! {
//!   "issued_at": "2026-03-05T16:40:00+08:00",
//!   "title": "人民调解受理登记表", "organ"?: "…", "number"?: "…", "size"?: "a5",
//!   "blocks": [
//!     { "table": { "widths": [-5, 1, -5, 1], "rows": [["姓名", "…", "性别", "女"], ["简要情况", { "value": "…", "tall": 60 }]] } },
//!     { "list": { "widths": [-3, 1], "head": ["序号", "名称"], "rows": [["1", "…"]] } },
//!     { "heading": "…" }, { "prose": "…" }, { "clauses": ["…"] }, { "to": "…" }, { "centre": "…" },
//!     { "ticks": [{ "label": "…", "on": true }] },
//!     { "signs": [{ "role": "甲方", "name": "…", "signature"?: { "$png": "…" } }], "height"?: 25 },
//!     { "witnesses": [{ "role": "记录人", "name": "…" }] },
//!     { "line": "登记人（签名）：", "date"?: "2026-03-05" },
//!     { "seal": { "organ": "…", "date"?: "2026-03-05" } },
//!     { "qr": { "lines": ["…"], "code"?: ["查询码：", "ABCDE-…"], "notes"?: ["…"], "picture": { "$svg": "…" }, "alt": "…" } },
//!     { "together": [ …blocks that one page holds… ] }
//!   ]
//! }
//! ```
//!
//! Widths above nought share the line, those below are in characters. A table's rows alternate label and value; the
//! last cell takes the columns that are left.

use crate::Template;

/// One form on its own sheets.
pub const FORM: Template = Template { name: "文书", source: include_str!("../typst/dossier_paper.typ") };

/// The same form once for each of `"copies": ["第一联　…", …]`, each with its mark on top.
pub const COPIES: Template = Template { name: "联单", source: include_str!("../typst/copies.typ") };

/// 卷宗: cover, contents, parts with pages counted through, back cover.
///
/// ```json
/// {
///   "issued_at": "…",
///   "cover": { "organ": "…", "heading": "人民调解卷宗", "number": "…", "lines": [["卷名", "…"], …] },
///   "contents": [{ "name": "…", "number"?: "…", "date"?: "…", "note"?: "…", "first": 0, "last": 1 }],  // parts by index
///   "parts": [
///     { "layout": "form", …a form… },
///     { "layout": "agreement", …see MEDIATION_AGREEMENT… },
///     { "layout": "photo", "title": "…", "picture": { "$jpeg": "…" }, "lines": ["…"] },
///     { "layout": "page", "title": "…", "picture": { "$jpeg": "…" }, "lines": ["…"] }    // a page of a PDF upload
///   ],
///   "back": { "lines": [["立卷人", "…"], …] }
/// }
/// ```
pub const DOSSIER: Template = Template { name: "卷宗", source: include_str!("../typst/dossier.typ") };
