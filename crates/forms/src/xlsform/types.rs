//! The column `type`, with the older spellings that workbooks still use.

use crate::model::{Kind, Media};

/// What a row begins, ends or asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Begin(Kind),
    /// A group for each choice of the list.
    Loop(String),
    /// `group`, `repeat`, `loop`
    End(&'static str),
    Question(Kind),
    /// A choice with the further choice "other" and a line to say what.
    OrOther(Kind),
    /// A question with a constraint that its type brings.
    Bounded(Kind, &'static str),
}

/// Words of the device's own knowledge.
const META: &[&str] = &[
    "start",
    "end",
    "today",
    "deviceid",
    "phonenumber",
    "simserial",
    "subscriberid",
    "username",
    "email",
    "audit",
    "uri:deviceid",
    "uri:phonenumber",
    "uri:simserial",
    "uri:subscriberid",
    "uri:username",
    "uri:email",
];

const SELECT_ONE: &[&str] =
    &["select_one", "select one from", "select one using", "select one", "select1", "add select one prompt using"];
const SELECT_MULTIPLE: &[&str] = &[
    "select_multiple",
    "select multiple from",
    "select multiple using",
    "select multiple",
    "select all that apply from",
    "select all that apply",
    "add select multiple prompt using",
];

/// Reads the cell.
///
/// # Errors
/// Why and what to do.
pub(super) fn read(cell: &str) -> Result<Row, (String, &'static str)> {
    let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_lowercase();
    let words = lower.replace('_', " ");
    if let Some(what) = words.strip_prefix("begin ") {
        return match what {
            "group" => Ok(Row::Begin(Kind::Group)),
            "repeat" | "lgroup" | "looped group" => Ok(Row::Begin(Kind::Repeat)),
            _ => match text.split_once(" over ") {
                Some((_, list)) if what.starts_with("loop over ") => Ok(Row::Loop(list.to_string())),
                _ => Err((format!("不认识的开始行“{text}”。"), "请写 begin_group 或 begin_repeat。")),
            },
        };
    }
    if let Some(what) = words.strip_prefix("end ") {
        match what {
            "group" => return Ok(Row::End("group")),
            "repeat" | "lgroup" | "looped group" => return Ok(Row::End("repeat")),
            "loop" => return Ok(Row::End("loop")),
            "time" => return Ok(Row::Question(Kind::Meta("end".into()))),
            _ => return Err((format!("不认识的结束行“{text}”。"), "请写 end_group 或 end_repeat。")),
        }
    }
    if let Some(row) = select(&text, &lower)? {
        return Ok(row);
    }
    if META.contains(&lower.as_str()) {
        return Ok(Row::Question(Kind::Meta(lower)));
    }
    plain(&words).ok_or_else(|| unknown(&text, &words))
}

fn plain(words: &str) -> Option<Row> {
    let kind = match words.strip_prefix("q ").unwrap_or(words) {
        "text" | "string" | "add text prompt" => Kind::Text,
        "integer" | "int" | "add integer prompt" => Kind::Integer,
        "decimal" | "add decimal prompt" => Kind::Decimal,
        "date" | "add date prompt" => Kind::Date,
        "time" => Kind::Time,
        "datetime" | "date time" | "add date time prompt" | "add datetime prompt" => Kind::DateTime,
        "note" | "add note prompt" => Kind::Note,
        "acknowledge" | "trigger" | "add acknowledge prompt" => Kind::Acknowledge,
        "calculate" | "add calculate prompt" => Kind::Calculate,
        "geopoint" | "gps" | "location" | "add location prompt" => Kind::Geopoint,
        "barcode" | "add barcode prompt" => Kind::Barcode,
        "image" | "photo" | "picture" | "add image prompt" | "add photo prompt" => Kind::Media(Media::Image),
        "audio" | "add audio prompt" => Kind::Media(Media::Audio),
        "video" | "add video prompt" => Kind::Media(Media::Video),
        "file" | "add file prompt" => Kind::Media(Media::File),
        "hidden" => Kind::Hidden,
        "start time" | "get start time" => Kind::Meta("start".into()),
        "get end time" => Kind::Meta("end".into()),
        "get today" => Kind::Meta("today".into()),
        "device id" | "get device id" | "imei" => Kind::Meta("deviceid".into()),
        "phone number" => return Some(Row::Bounded(Kind::Text, r"regex(., '^\d*$')")),
        "percentage" => return Some(Row::Bounded(Kind::Integer, "0 <= . and . <= 100")),
        "number of days in last month" => return Some(Row::Bounded(Kind::Integer, "0 <= . and . <= 31")),
        "number of days in last six months" => return Some(Row::Bounded(Kind::Integer, "0 <= . and . <= 183")),
        "number of days in last year" => return Some(Row::Bounded(Kind::Integer, "0 <= . and . <= 365")),
        _ => return None,
    };
    Some(Row::Question(kind))
}

fn unknown(text: &str, words: &str) -> (String, &'static str) {
    let text: String = text.chars().take(60).collect();
    match words.split(' ').next().unwrap_or_default() {
        "geotrace" | "geoshape" => (format!("不支持题型“{text}”（画线、画面）。"), "请改用 geopoint，或删去本题。"),
        "range" => (format!("不支持题型“{text}”。"), "请改用 integer，并在 constraint 写明范围。"),
        "rank" => (format!("不支持题型“{text}”（排序）。"), "请改用几道单选题：第一选择、第二选择……"),
        "osm" | "csv-external" | "xml-external" => {
            (format!("不支持题型“{text}”（外部文件）。"), "请把选项写进 choices 表。")
        }
        "background-audio" | "background-geopoint" | "start-geopoint" => {
            (format!("不支持题型“{text}”：问卷不在背后录音、定位。"), "请删去本行。")
        }
        _ => (format!("不认识的题型“{text}”。"), "请改用 text、integer、date、select_one 等题型。"),
    }
}

/// A choice: the list, and perhaps "or other" at the end.
fn select(text: &str, lower: &str) -> Result<Option<Row>, (String, &'static str)> {
    let external = [
        "select_one_from_file",
        "select_multiple_from_file",
        "select_one_external",
        "select one from file",
        "select multiple from file",
    ];
    if external.iter().any(|e| lower.starts_with(e)) {
        return Err((
            format!("不支持从外部文件取选项（{text}）。"),
            "请把选项写进 choices 表，题型写 select_one 表名。",
        ));
    }
    let longest = |table: &[&str]| {
        table
            .iter()
            .filter(|p| lower.strip_prefix(**p).is_some_and(|r| r.is_empty() || r.starts_with(' ')))
            .map(|p| p.len())
            .max()
    };
    let (length, one) = match (longest(SELECT_ONE), longest(SELECT_MULTIPLE)) {
        (Some(n), _) => (n, true),
        (_, Some(n)) => (n, false),
        _ => return Ok(None),
    };
    let mut list = text[length..].trim();
    let mut other = false;
    for ending in [" or specify other", " or other", " or_other"] {
        if list.to_lowercase().ends_with(ending) {
            list = &list[..list.len() - ending.len()];
            other = true;
        }
    }
    let list = list.trim();
    if list.is_empty() || list.contains(' ') {
        return Err((format!("选择题“{text}”没有写明选项表，或表名里有空格。"), "请写成 select_one 表名。"));
    }
    let kind = if one { Kind::SelectOne(list.into()) } else { Kind::SelectMultiple(list.into()) };
    Ok(Some(if other { Row::OrOther(kind) } else { Row::Question(kind) }))
}

/// How the type is written.
pub(super) fn write(kind: &Kind) -> String {
    match kind {
        Kind::Group => "begin_group".into(),
        Kind::Repeat => "begin_repeat".into(),
        Kind::Text => "text".into(),
        Kind::Integer => "integer".into(),
        Kind::Decimal => "decimal".into(),
        Kind::Date => "date".into(),
        Kind::Time => "time".into(),
        Kind::DateTime => "datetime".into(),
        Kind::SelectOne(list) => format!("select_one {list}"),
        Kind::SelectMultiple(list) => format!("select_multiple {list}"),
        Kind::Note => "note".into(),
        Kind::Acknowledge => "acknowledge".into(),
        Kind::Calculate => "calculate".into(),
        Kind::Geopoint => "geopoint".into(),
        Kind::Barcode => "barcode".into(),
        Kind::Media(Media::Image) => "image".into(),
        Kind::Media(Media::Audio) => "audio".into(),
        Kind::Media(Media::Video) => "video".into(),
        Kind::Media(Media::File) => "file".into(),
        Kind::Hidden => "hidden".into(),
        Kind::Meta(word) => word.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let one = |l: &str| Kind::SelectOne(l.into());
        let many = |l: &str| Kind::SelectMultiple(l.into());
        for (cell, want) in [
            ("select_one  Colors", Row::Question(one("Colors"))),
            ("select one from yes_or_no", Row::Question(one("yes_or_no"))),
            ("select one from sexes or specify other", Row::OrOther(one("sexes"))),
            ("select_multiple x or_other", Row::OrOther(many("x"))),
            ("select all that apply from list", Row::Question(many("list"))),
            ("dateTime", Row::Question(Kind::DateTime)),
            ("begin group", Row::Begin(Kind::Group)),
            ("end_repeat", Row::End("repeat")),
            ("end", Row::Question(Kind::Meta("end".into()))),
            ("begin loop over Toilet_Type", Row::Loop("Toilet_Type".into())),
            ("uri:deviceid", Row::Question(Kind::Meta("uri:deviceid".into()))),
            ("phone number", Row::Bounded(Kind::Text, r"regex(., '^\d*$')")),
        ] {
            assert_eq!(read(cell), Ok(want), "{cell}");
        }
        for bad in [
            "",
            "select_one",
            "select one from a b",
            "selectone x",
            "rank x",
            "begin",
            "begin loop",
            "end_thing",
            "select_one_from_file a.csv",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let media = [Media::Image, Media::Audio, Media::Video, Media::File].map(Kind::Media);
        let plain = [
            Kind::Text,
            Kind::Integer,
            Kind::Decimal,
            Kind::Date,
            Kind::Time,
            Kind::DateTime,
            Kind::Note,
            Kind::Acknowledge,
            Kind::Calculate,
            Kind::Geopoint,
            Kind::Barcode,
            Kind::Hidden,
            Kind::SelectOne("a".into()),
            Kind::SelectMultiple("b".into()),
        ];
        for kind in media.into_iter().chain(plain).chain(META.iter().map(|m| Kind::Meta((*m).into()))) {
            assert_eq!(read(&write(&kind)), Ok(Row::Question(kind)));
        }
        assert_eq!(read("begin_repeat"), Ok(Row::Begin(Kind::Repeat)));
    }
}
