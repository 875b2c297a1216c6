//! Two complete papers, for use and as examples of the shape of a template. Invented data for both is in
//! `samples/`. Law is not in the layout: effects, remedies and numbers of copies come with the data, because they
//! change with the rules in force.

use crate::Template;

/// 调解协议书, A4: 人民调解协议书 or 治安调解协议书 by `kind`.
///
/// Strings are plain text; `\n` begins a paragraph. Dates are `2026-03-05`, times `2026-03-05T14:30`; other
/// strings print as they are. `?` marks what may be absent or null. Mask before: the layout prints what it gets.
///
/// ```json
/// {
///   "issued_at": "2026-03-05T16:40:00+08:00",          // date of the file
///   "kind": "people",                                   // or "public_order"
///   "title"?: "行政调解协议书",                          // else by kind
///   "number": "（2026）青柳人调字第 12 号",
///   "organ": "…人民调解委员会",                          // whose seal; also 调解机关
///   "parties": [{
///     "role": "甲方", "name": "…", "sex"?: "女", "ethnicity"?: "汉族", "birth_date"?: "1988-04-12",
///     "id_number"?: "510***********1234", "contact"?: "138****0000", "work"?: "…", "address"?: "…",
///     "agent"?: { "name": "…", "relation": "配偶", "power": "一般授权" },
///     "signature"?: { "$png": "<base64>" }              // taken on screen; else the place stays empty
///   }],
///   "identity_note"?: "…",                              // why sex, birth date or document of a party are not known
///   "mediators": ["…"],                                 // of 治安调解: the host (主持人)
///   "recorder"?: "…",
///   "others_present"?: [{ "name": "…", "role": "邻居" }],
///   "held": { "from": "2026-03-05T14:30", "place": "…" },
///   "cause"?: "…", "course"?: "…", "result"?: "…",      // why it began, how the mediation went, what came of it
///   "interpreters"?: [{ "name": "…", "language": "蒙古语" }],
///   "facts": "…",                                       // main facts
///   "disputes"?: ["…"],                                 // points in dispute
///   "responsibility"?: [{ "party": "甲方", "text": "…" }],
///   "terms": [{ "text": "…", "how"?: "…", "by"?: "2026-03-12" }],
///   "performance"?: "…",                                // manner, place and period as a whole
///   "recording_no"?: "…",                               // where the signing was recorded; printed by its closing sentence
///   "signing_film"?: "…",                               // which recordings show the signatures taken on a screen
///   "closing"?: ["…"],                                  // effect, remedies: from the rules in force
///   "copies": 3, "copies_note": "双方当事人各执一份，…",
///   "signed_on"?: "2026-03-05"                          // else blanks for writing the date by hand
/// }
/// ```
pub const MEDIATION_AGREEMENT: Template =
    Template { name: "调解协议书", source: include_str!("../typst/mediation_agreement.typ") };

/// 受理回执, A5: what was handed in, when, and how to look it up.
///
/// ```json
/// {
///   "issued_at": "2026-03-05T09:12:00+08:00",
///   "number": "…", "station": "…派出所", "matter": "…", "received_at": "2026-03-05T09:12", "summary": "…",
///   "applicant"?: "…", "handler"?: "…", "phone"?: "…", "promised_by"?: "2026-03-12",
///   "secret"?: "…", "given_to"?: "…",                   // the code for looking it up, printed once; to whom the paper goes
///   "lookup": ["…"],                                    // how to follow it, one way a line
///   "qr"?: { "$svg": "<svg …>" }, "qr_text"?: "…",      // drawn by the caller; the text is for screen readers
///   "notes"?: ["…"]
/// }
/// ```
pub const RECEIPT: Template = Template { name: "受理回执", source: include_str!("../typst/receipt.typ") };
