//! A verdict in words, Chinese and English.

use crate::statement::{Bad, Statement};
use crate::verify::{FileFinding, SignFinding, Verdict};
use jiff::{Timestamp, tz};

/// One sentence in two languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

fn words(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words { zh: zh.into(), en: en.into() }
}

/// A moment in China's time, to the second.
pub fn clock(ms: i64) -> String {
    let zone = tz::TimeZone::fixed(tz::offset(8));
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| "-".into(), |t| t.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Gaps that are printed one by one.
const SHOWN: usize = 20;

impl Verdict {
    /// The judgement in one sentence.
    pub fn judgement(&self) -> Words {
        if self.is_proven() {
            return words(
                "【真实完整】文件逐字节与导出时相同，清单由所给公钥的持有单位签名。",
                "GENUINE: every byte is as exported, and the manifest is signed with the given key.",
            );
        }
        if self.is_whole() {
            return words(
                "【文件完整，签名单位待核对】文件与清单相符，签名有效；请把公钥指纹与派出所公布的核对。",
                "WHOLE, SIGNER NOT PROVEN: the file fits its manifest and the signature is valid; compare the key's fingerprint with the one the station published.",
            );
        }
        words("【不能作为原始导出使用】原因见下。", "NOT PROVEN: see why below.")
    }

    /// What was found about the file.
    pub fn file_words(&self) -> Words {
        let parts = self.statement.clip.parts.len();
        let of = |part: usize| format!("第 {} 个文件（共 {parts} 个）", part + 1);
        let of_en = |part: usize| format!("file {} of {parts}", part + 1);
        match &self.file {
            FileFinding::Whole { part } => words(
                format!("文件：与清单中{}相同（长度、SHA-256、SM3 全部一致）。", of(*part)),
                format!("File: is {} of the manifest (length, SHA-256 and SM3 agree).", of_en(*part)),
            ),
            FileFinding::Cut { part, intact, missing } => words(
                format!(
                    "文件：{}的尾部被截断，少了 {missing} 字节；前 {intact} 字节证实未改。请取完整的文件。",
                    of(*part)
                ),
                format!(
                    "File: the tail of {} is cut off, {missing} bytes are missing; the first {intact} bytes are proven unchanged. Get the complete file.",
                    of_en(*part)
                ),
            ),
            FileFinding::Longer { part, added } => words(
                format!("文件：{}之后多出 {added} 字节，不是导出时的内容。", of(*part)),
                format!("File: {added} bytes were added behind the end of {}.", of_en(*part)),
            ),
            FileFinding::Changed { part, blocks } => {
                let list: Vec<String> = blocks.iter().take(SHOWN).map(|(a, b)| format!("{a}–{b}")).collect();
                let (list, n) = (list.join(", "), blocks.len());
                let (zh, en) = if n == 0 {
                    (String::new(), String::new())
                } else {
                    (format!("，改动在以下 {n} 段字节之内：{list}"), format!(" in these byte ranges: {list}"))
                };
                words(
                    format!("文件：{}有字节被改动{zh}。", of(*part)),
                    format!("File: bytes of {} were changed{en}.", of_en(*part)),
                )
            }
            FileFinding::Foreign => words(
                "文件：不是这份清单的文件（没有一段内容相同）。请核对是否拿错了清单或录像。",
                "File: this is not a file of this manifest (no block of it agrees). Check whether the manifest or the clip is the wrong one.",
            ),
        }
    }

    /// What was found about the signatures.
    pub fn sign_words(&self) -> Words {
        let list = |keys: &[crate::Key]| {
            keys.iter().map(|k| format!("{} {}", k.alg, k.fingerprint())).collect::<Vec<_>>().join("; ")
        };
        match &self.signature {
            SignFinding::Known { key_ids } => words(
                format!("签名：有效，公钥与所给的一致（{}）。", key_ids.join("、")),
                format!("Signature: valid, made with the given key ({}).", key_ids.join(", ")),
            ),
            SignFinding::Unchecked { keys } => words(
                format!("签名：有效，但没有给出公钥，不能证明是哪个单位签的。公钥指纹：{}", list(keys)),
                format!(
                    "Signature: valid, but no public key was given, so the signer is not proven. Fingerprints: {}",
                    list(keys)
                ),
            ),
            SignFinding::Unknown { keys } => words(
                format!("签名：不是用所给公钥签的（不认识的密钥）。清单中的公钥指纹：{}", list(keys)),
                format!(
                    "Signature: not made with the given key (unknown key). Fingerprints in the manifest: {}",
                    list(keys)
                ),
            ),
            SignFinding::Forged { alg } => words(
                format!("签名：无效（{alg}）。清单在签名之后被改动，或签名是伪造的；清单中的内容不可采信。"),
                format!(
                    "Signature: INVALID ({alg}). The manifest was changed after signing, or the signature is forged; do not believe what it says."
                ),
            ),
            SignFinding::Missing => words(
                "签名：没有签名，清单中的内容不可采信。",
                "Signature: none; do not believe what the manifest says.",
            ),
        }
    }
}

impl Statement {
    /// Who, what, when, why, and the gaps, as the manifest says.
    pub fn lines(&self) -> Vec<Words> {
        let Statement { camera, exporter, clip, .. } = self;
        let span = |a: i64, b: i64| format!("{} – {}", clock(a), clock(b));
        let asked = span(clip.asked.from_ms, clip.asked.to_ms);
        let place = if camera.place.is_empty() { String::new() } else { format!("，{}", camera.place) };
        let mut out = vec![
            words(
                format!("摄像机：{} {}{place}", camera.code, camera.name),
                format!("Camera: {} {}{place}", camera.code, camera.name),
            ),
            words(format!("时段（北京时间）：{asked}"), format!("Span (UTC+8): {asked}")),
            words(
                format!("导出：{} {}，{}，编号 {}", exporter.unit, exporter.name, clock(self.exported_ms), self.export),
                format!(
                    "Exported: {} {}, {}, number {}",
                    exporter.unit,
                    exporter.name,
                    clock(self.exported_ms),
                    self.export
                ),
            ),
            words(
                format!("目的：{}（{}）", self.purpose, self.reason),
                format!("Purpose: {} ({})", self.purpose, self.reason),
            ),
        ];
        if let Some(b) = &self.blurred {
            out.push(words(
                format!(
                    "遮挡副本：不是原始录像，{} 处区域已遮挡到不能辨认。原始文件的 SHA-256：{}",
                    b.regions, b.original_sha256
                ),
                format!(
                    "Blurred copy, not the original: {} regions were made unrecognisable. SHA-256 of the original file: {}",
                    b.regions, b.original_sha256
                ),
            ));
        }
        if !self.incident.is_empty() {
            out.push(words(format!("警情：{}", self.incident), format!("Incident: {}", self.incident)));
        }
        if !self.approver.is_empty() {
            out.push(words(format!("批准：{}", self.approver), format!("Approved by: {}", self.approver)));
        }
        let n = clip.gaps.len();
        if n == 0 {
            out.push(words("缺口：没有，时段内全部有录像。", "Gaps: none, the whole span was recorded."));
        } else {
            out.push(words(
                format!("缺口：{n} 处没有录像（画面在这些地方跳过）："),
                format!("Gaps: not recorded, {n} in all (the film jumps there):"),
            ));
            for g in clip.gaps.iter().take(SHOWN) {
                out.push(words(format!("  {}", span(g.from_ms, g.to_ms)), format!("  {}", span(g.from_ms, g.to_ms))));
            }
            if n > SHOWN {
                out.push(words(
                    format!("  另有 {} 处，见清单。", n - SHOWN),
                    format!("  and {} more, see the manifest.", n - SHOWN),
                ));
            }
        }
        let lossy: usize = clip.parts.iter().map(|p| p.lossy.len()).sum();
        if lossy > 0 {
            out.push(words(
                format!("丢包：{lossy} 段画面在传输中丢失过数据，清单中列出。"),
                format!(
                    "Loss: in {lossy} stretches data was lost between camera and recorder; the manifest lists them."
                ),
            ));
        }
        out
    }
}

impl Bad {
    /// Why the manifest cannot be read.
    pub fn words(&self) -> Words {
        match self {
            Bad::Size => words(
                "清单超过 4 MiB，不是导出的清单。",
                "The manifest is larger than 4 MiB; no export makes such a file.",
            ),
            Bad::Shape => words(
                "这不是录像导出的清单文件（应为导出时同时得到的 .json 文件）。",
                "This is no manifest of a clip (it should be the .json file that came with the export).",
            ),
            Bad::Format => words(
                "清单的版本这个程序不认识，请用更新的程序。",
                "The manifest is of a version this program does not know; use a newer program.",
            ),
            Bad::Value(what) => words(
                format!("清单中有不可能的值（{what}），文件已损坏或被改动。"),
                format!("The manifest holds an impossible value ({what}); it is damaged or was changed."),
            ),
        }
    }
}
