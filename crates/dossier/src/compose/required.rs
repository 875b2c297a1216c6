//! What each paper must contain, with the source, as one table; and what a paper's data lacks of it.
//!
//! A place to sign, a seal and text under a heading count as fields: `签名`, `印章`, the heading itself.

use crate::model::Paper;
use serde_json::Value;
use std::collections::BTreeMap;

/// The must-fields of a paper and where they come from.
#[derive(Clone, Copy, Debug)]
pub struct Required {
    pub paper: Paper,
    pub fields: &'static [&'static str],
    pub source: &'static str,
}

const MINISTRY: &str = "司法部人民调解文书格式（2010年12月，公开卷宗样本所载）";

/// The table.
pub const REQUIRED: &[Required] = &[
    Required { paper: Paper::Application, fields: &["姓名", "性别", "民族", "年龄", "职业", "联系方式", "住址", "纠纷事实", "申请事项", "签名"], source: MINISTRY },
    Required { paper: Paper::Registration, fields: &["登记日期", "姓名", "纠纷类型", "纠纷来源", "纠纷简要情况", "签名", "登记人", "印章"], source: MINISTRY },
    Required { paper: Paper::Rights, fields: &["当事人享有的权利", "当事人履行的义务", "调解的性质和其他途径", "签名", "印章"], source: "人民调解法第二十三条、第二十四条、第二十六条" },
    Required { paper: Paper::Identity, fields: &["姓名", "证件种类", "证件号码"], source: MINISTRY },
    Required { paper: Paper::Power, fields: &["姓名", "关系", "代理权限", "权限事项", "签名"], source: "公安机关办理行政案件程序规定第一百八十一条" },
    Required { paper: Paper::Inquiry, fields: &["时间", "地点", "调查内容", "签名", "当事人"], source: MINISTRY },
    Required { paper: Paper::Evidence, fields: &["材料名称", "收存日期"], source: MINISTRY },
    Required { paper: Paper::Session, fields: &["时间", "地点", "机关", "当事人", "录音录像编号", "调解经过和结果", "签名"], source: MINISTRY },
    Required {
        paper: Paper::Agreement,
        fields: &["number", "organ", "parties", "mediators", "recorder", "held", "cause", "course", "facts", "terms", "performance", "closing", "copies"],
        source: "人民调解法第二十九条；公安机关办理行政案件程序规定第一百八十四条",
    },
    Required { paper: Paper::Oral, fields: &["姓名", "纠纷类型", "达成日期", "主要事实和争议事项", "协议内容、履行方式和期限", "签名", "印章"], source: "人民调解法第二十八条、第三十条" },
    Required { paper: Paper::Performance, fields: &["履行内容", "履行情况", "履行日期", "凭证"], source: MINISTRY },
    Required { paper: Paper::FollowUp, fields: &["被回访人", "协议书编号", "回访事由", "回访情况", "满意程度", "起诉情况", "错调、激化迹象", "采取的措施", "回访人", "回访时间", "签名"], source: "回访记录样本（公开网页所载）" },
    Required { paper: Paper::Confirmation, fields: &["姓名", "协议书编号", "调解组织", "生效日期", "请求事项", "双方承诺", "签名"], source: "人民调解法第三十三条；法释〔2011〕5号第四条" },
    Required { paper: Paper::Closing, fields: &["纠纷类型", "纠纷来源", "受理日期", "当事人", "结案日期", "结果", "案情和处理过程", "处理结果", "印章"], source: MINISTRY },
    Required { paper: Paper::Note, fields: &["本卷需要说明的情况", "立卷人", "立卷日期"], source: MINISTRY },
    Required {
        paper: Paper::OnSpot,
        fields: &["编号", "姓名", "调解机关", "主持人", "时间", "地点", "在场人员", "录音录像编号", "起因、经过、事实", "协议内容和当场履行情况", "签名", "印章"],
        source: "公安机关办理行政案件程序规定第一百七十八条、第一百八十四条；治安调解工作规范（公通字〔2007〕81号）",
    },
    Required {
        paper: Paper::Warning,
        fields: &["加害人", "性别", "出生日期", "证件号码", "受害人", "家庭暴力的事实", "告诫和禁止", "送交和通知", "姓名或者名称", "日期", "印章"],
        source: "反家庭暴力法第十六条、第十七条",
    },
    Required { paper: Paper::Referral, fields: &["告知内容", "其他途径", "当事人意见", "告知民警", "告知日期", "签名", "印章"], source: "公安机关办理行政案件程序规定第六十一条、第一百七十八条；人民调解法第二十六条" },
    Required {
        paper: Paper::Refusal,
        fields: &["纠纷编号", "调解途径", "决定", "事实和理由", "依据", "其他途径", "告知民警", "告知日期", "签名", "印章"],
        source: "公安机关办理行政案件程序规定第六十一条、第一百七十八条、第一百七十九条；人民调解法第十七条、第二十六条",
    },
    Required { paper: Paper::SelfSettlement, fields: &["姓名", "和解日期", "履行日期", "和解协议内容和履行情况", "签名"], source: "公安机关办理行政案件程序规定第一百八十六条" },
    Required { paper: Paper::Acceptance, fields: &["认可意见", "申请日期", "认可日期", "印章"], source: "公安机关办理行政案件程序规定第一百八十六条" },
];

/// The must-fields of `paper`.
pub fn of(paper: Paper) -> &'static [&'static str] {
    REQUIRED.iter().find(|r| r.paper == paper).map_or(&[], |r| r.fields)
}

/// The must-fields that the data leaves empty, in the table's order.
pub fn lacks(paper: Paper, data: &Value) -> Vec<&'static str> {
    let found = fields(data);
    // An agreement names its recording only where the signing was recorded.
    let unnumbered = (data["recording_no"].as_str() == Some("")).then_some("录音录像编号");
    of(paper).iter().copied().filter(|f| found.get(*f).is_none_or(|v| v.iter().any(|v| v.trim().is_empty()))).chain(unnumbered).collect()
}

/// Every field of a paper's data: label → values.
pub fn fields(data: &Value) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(blocks) = data["blocks"].as_array() else {
        // The agreement has named values instead of blocks.
        for (key, value) in data.as_object().into_iter().flatten() {
            let text = match value {
                Value::String(s) => s.clone(),
                Value::Null => String::new(),
                Value::Array(a) if a.is_empty() => String::new(),
                other => other.to_string(),
            };
            out.entry(key.clone()).or_default().push(text);
        }
        return out;
    };
    if let Some(number) = data["number"].as_str() {
        out.entry("编号".into()).or_default().push(number.into());
    }
    let mut heading: Option<String> = None;
    for block in blocks.iter().flat_map(|b| b["together"].as_array().map_or_else(|| vec![b], |list| list.iter().collect())) {
        let text = |v: &Value| match v {
            Value::Object(cell) => cell.get("value").and_then(Value::as_str).unwrap_or("").to_string(),
            Value::String(s) => s.clone(),
            _ => String::new(),
        };
        let mut put = |label: String, value: String| out.entry(label).or_default().push(value);
        if let Some(rows) = block["table"]["rows"].as_array() {
            for row in rows.iter().filter_map(Value::as_array) {
                for pair in row.chunks(2) {
                    let label = text(&pair[0]);
                    if matches!(label.as_str(), "甲方" | "乙方" | "丙方") {
                        put("姓名".into(), pair.get(1).map_or(String::new(), text));
                    }
                    put(label, pair.get(1).map_or(String::new(), text));
                }
            }
        }
        if let (Some(head), Some(rows)) = (block["list"]["head"].as_array(), block["list"]["rows"].as_array()) {
            for row in rows.iter().filter_map(Value::as_array) {
                for (label, value) in head.iter().zip(row) {
                    put(text(label), text(value));
                }
            }
        }
        if let Some(h) = block["heading"].as_str() {
            heading = Some(h.split('（').next().unwrap_or(h).to_string());
            continue;
        }
        if !block["signs"].as_array().is_none_or(Vec::is_empty) {
            put("签名".into(), "有".into());
        }
        if let Some(organ) = block["seal"]["organ"].as_str() {
            put("印章".into(), organ.into());
        }
        if let Some(h) = heading.take() {
            let said = block["prose"].as_str().map(str::to_string).or_else(|| block["clauses"].as_array().map(|c| c.iter().map(text).collect::<Vec<_>>().join("；")));
            put(h, said.unwrap_or_else(|| block.to_string()));
        }
    }
    out
}
