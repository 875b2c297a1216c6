//! One record of a list of cameras (摄像机台账) by the mapping; pure. What a camera must be is the register's own rule
//! ([`video::actions::import_row`]).

use crate::judge::{Verdict, shape};
use crate::mapping::Mapping;
use crate::value;
use kernel::rules::RuleSet;
use kernel::{Date, text};
use video::model::{CameraForm, DeviceKind, StreamForm};

/// Characters of a cell at most, where the mapping says nothing.
const MOST: usize = 200;
/// Megabytes kept of a stream where the file says nothing: thirty days of 2 Mbit/s, and of 400 kbit/s.
const QUOTA: (i64, i64) = (660_000, 130_000);

/// A camera and the name of its group.
#[derive(Clone, Debug)]
pub struct CameraRow {
    pub form: CameraForm,
    pub group: String,
}

/// Reads one record.
pub fn camera(m: &Mapping, header: &[String], record: &[String], rules: &RuleSet, today: Date) -> Verdict<CameraRow> {
    if let Some(early) = shape(m, header, record) {
        return early;
    }
    let mut refused: Vec<&'static str> = vec![];
    let mut cell = |field: &str| -> String {
        let Some(c) = m.columns.get(field) else { return String::new() };
        let Some(i) = header.iter().position(|h| *h == c.from || c.aliases.contains(h)) else { return String::new() };
        // A password stays as it is, blanks and all.
        if field == "sign_in_password" {
            return record[i].clone();
        }
        let mut found = value::clean(&record[i]);
        if c.width.as_deref() == Some("half") {
            found = value::half(&found);
        }
        if let Some(short) = c.strip_suffix.iter().find_map(|s| found.strip_suffix(s.as_str())) {
            found = short.trim_end().to_string();
        }
        if found.chars().count() > c.max_chars.unwrap_or(MOST) && !refused.contains(&"cell.too_long") {
            refused.push("cell.too_long");
        }
        c.map.get(&found).cloned().unwrap_or(found)
    };
    let words = [
        "number",
        "name",
        "place",
        "place_kind",
        "outside",
        "device_kind",
        "group",
        "main_url",
        "sub_url",
        "main_quota",
        "sub_quota",
        "sign_in_name",
        "sign_in_password",
        "keep_days",
        "filing_unit",
        "filing_number",
        "filing_day",
        "in_use_day",
        "lon",
        "lat",
        "direction",
        "view_angle",
        "reach_m",
    ]
    .map(&mut cell);
    let [
        number,
        name,
        place,
        kind,
        outside,
        device,
        group,
        main,
        sub,
        main_quota,
        sub_quota,
        user,
        password,
        keep,
        unit,
        filing,
        filed,
        used,
        lon,
        lat,
        direction,
        angle,
        reach,
    ] = words;
    if number.is_empty() {
        refused.push("key.missing");
    }
    let mut whole = |typed: &str, otherwise: Option<i64>| -> Option<i64> {
        if typed.is_empty() {
            return otherwise;
        }
        let read = typed.split('.').next().and_then(|n| n.parse().ok());
        if read.is_none() && !refused.contains(&"number.unreadable") {
            refused.push("number.unreadable");
        }
        read
    };
    let least = rules.int("retention.public_video.min_days", today).ok();
    let (keep_days, direction, view_angle) = (whole(&keep, least), whole(&direction, None), whole(&angle, None));
    let reach_m = whole(&reach, None);
    let (main_quota, sub_quota) = (whole(&main_quota, Some(QUOTA.0)), whole(&sub_quota, Some(QUOTA.1)));
    let mut decimal = |typed: &str| -> Option<f64> {
        let read = typed.parse::<f64>().ok().filter(|x| x.is_finite());
        if !typed.is_empty() && read.is_none() && !refused.contains(&"number.unreadable") {
            refused.push("number.unreadable");
        }
        read
    };
    let (lon, lat) = (decimal(&lon), decimal(&lat));
    let mut day = |typed: &str| -> Option<Date> {
        let read = web::form::parse_date(typed);
        if !typed.is_empty() && read.is_none() && !refused.contains(&"time.unreadable") {
            refused.push("time.unreadable");
        }
        read
    };
    let (filing_day, in_use_day) = (day(&filed), day(&used));
    if !refused.is_empty() {
        return Verdict::Refused(refused);
    }
    // By name as well as by code; a forbidden place too, so that the refusal can name the article.
    let lists = ["video.place_kind", "video.forbidden_place"];
    let code = lists
        .iter()
        .flat_map(|l| rules.list(l, today))
        .find(|c| c.name == kind || c.code == kind)
        .map(|c| c.code.clone());
    let form = CameraForm {
        number: text::fold(&number).trim().to_uppercase(),
        name,
        place,
        place_kind: code.unwrap_or(kind),
        outside: matches!(outside.as_str(), "是" | "1" | "yes"),
        building_id: None,
        lon,
        lat,
        direction,
        view_angle,
        reach_m,
        group_id: None,
        keep_days: keep_days.unwrap_or(0),
        filing_unit: unit,
        filing_number: filing,
        filing_day,
        in_use_day,
        device_kind: DeviceKind::ALL
            .iter()
            .copied()
            .find(|d| d.label() == device || d.code() == device)
            .or(device.is_empty().then_some(DeviceKind::Other)),
        sign_in_name: user,
        sign_in_password: password,
        main: StreamForm { url: main, record: true, quota_mb: main_quota.unwrap_or(0) },
        sub: StreamForm { record: !sub.is_empty(), url: sub, quota_mb: sub_quota.unwrap_or(0) },
    };
    Verdict::Accepted(Box::new(CameraRow { form, group }))
}

/// Everything the row says, to tell a changed row from the same one; only ever digested with a key.
pub fn words(row: &CameraRow) -> String {
    format!("{}|{}|{}|{}", row.form.told(), row.form.sign_in_name, row.form.sign_in_password, row.group)
}
