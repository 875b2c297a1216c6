//! What is hidden in a copy for publication, and who lets it out.

use crate::model::{BlurCopy, Clip, ClipState, CopyState, Export};
use kernel::{Actor, Error, FieldErrors, Permission, Refusal, Result};
use media::blur::{Fault, KeyPoint, MAX_KEYS, MAX_REGIONS, Region, filter};

/// Rows of key points of one copy at most.
pub const MOST_ROWS: usize = 90;
/// Longest film of which a copy is made, milliseconds.
pub const MOST_COPY_MS: i64 = 30 * 60_000;

/// A row of the table of key points as it is typed: number of the region, second of the film, edges in hundredths of the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub region: String,
    pub at: String,
    pub x: String,
    pub y: String,
    pub w: String,
    pub h: String,
}

impl Row {
    /// Nothing was typed.
    pub fn is_empty(&self) -> bool {
        [&self.region, &self.at, &self.x, &self.y, &self.w, &self.h].iter().all(|t| t.trim().is_empty())
    }
}

/// The rows as regions; those of one number belong together, by time. `length_ms` is the film's.
///
/// # Errors
/// The row and what is wrong with it; no region at all.
pub fn read_regions(rows: &[Row], (width, height): (u16, u16), length_ms: i64) -> Result<Vec<Region>> {
    let mut e = FieldErrors::default();
    let mut all: Vec<(u32, KeyPoint)> = vec![];
    for (n, row) in rows.iter().enumerate().filter(|(_, r)| !r.is_empty()) {
        let number = |text: &str| kernel::text::fold(text).trim().parse::<f64>().ok().filter(|v| v.is_finite());
        let parts = [&row.at, &row.x, &row.y, &row.w, &row.h].map(|t| number(t));
        let region = kernel::text::fold(&row.region).trim().parse::<u32>().ok();
        let (Some(region), [Some(at), Some(x), Some(y), Some(w), Some(h)]) = (region, parts) else {
            e.add("regions", format!("第 {} 行没有填全，或者不是数字。", n + 1));
            continue;
        };
        if !(1..=MAX_REGIONS as u32).contains(&region) {
            e.add("regions", format!("第 {} 行：区域编号应为 1 到 {MAX_REGIONS}。", n + 1));
        } else if at < 0.0 || at * 1000.0 > length_ms as f64 + 1000.0 {
            e.add("regions", format!("第 {} 行：时间应在影片之内（0 到 {} 秒）。", n + 1, length_ms / 1000));
        } else if x < 0.0 || y < 0.0 || w < 0.2 || h < 0.2 || x + w > 100.01 || y + h > 100.01 {
            e.add("regions", format!("第 {} 行：矩形应在画面之内，左、上、宽、高为画面的百分之几。", n + 1));
        } else {
            let key = KeyPoint { at_ms: (at * 1000.0) as u32, x: x / 100.0, y: y / 100.0, w: w / 100.0, h: h / 100.0 };
            all.push((region, key));
        }
    }
    e.ok(())?;
    all.sort_by_key(|(r, k)| (*r, k.at_ms));
    let mut regions: Vec<(u32, Region)> = vec![];
    for (r, k) in all {
        match regions.last_mut() {
            Some((last, region)) if *last == r => region.keys.push(k),
            _ => regions.push((r, Region { keys: vec![k] })),
        }
    }
    let numbers: Vec<u32> = regions.iter().map(|r| r.0).collect();
    let regions: Vec<Region> = regions.into_iter().map(|r| r.1).collect();
    match filter(&regions, width, height) {
        Ok(_) => Ok(regions),
        Err(fault) => Err(FieldErrors::one("regions", words(fault, &numbers))),
    }
}

fn words(fault: Fault, numbers: &[u32]) -> String {
    let name = |n: usize| numbers.get(n).copied().unwrap_or(0);
    match fault {
        Fault::None => "还没有标出要遮挡的区域。请在画面上拖出矩形，或者填写表格。".into(),
        Fault::TooMany => format!("区域最多 {MAX_REGIONS} 处，每处关键点最多 {MAX_KEYS} 个，合计最多 {MOST_ROWS} 个。"),
        Fault::Empty(n) => format!("区域 {} 没有关键点。", name(n)),
        Fault::Order(n, _) => format!("区域 {}在同一时刻有两个关键点，请去掉一个。", name(n)),
        Fault::Rectangle(n, _) => format!("区域 {}的矩形不在画面之内。", name(n)),
        Fault::Picture => "这个影片的画面太小或者太大，做不了遮挡。".into(),
    }
}

/// Regions as rows of the table.
pub fn rows_of(regions: &[Region]) -> Vec<Row> {
    let part = |v: f64| format!("{:.1}", v * 100.0);
    let keys = regions.iter().enumerate().flat_map(|(n, r)| r.keys.iter().map(move |k| (n + 1, k)));
    keys.map(|(n, k)| Row {
        region: n.to_string(),
        at: format!("{:.2}", f64::from(k.at_ms) / 1000.0),
        x: part(k.x),
        y: part(k.y),
        w: part(k.w),
        h: part(k.h),
    })
    .collect()
}

/// Whether `actor` may begin a copy: of the film that they asked for, while its file is there.
///
/// # Errors
/// As for the download; a film that is too long.
pub fn may_copy(actor: &Actor, x: &Export, c: &Clip, length_ms: i64) -> Result<()> {
    super::may_download(actor, x, c)?;
    if length_ms <= MOST_COPY_MS {
        return Ok(());
    }
    Err(Refusal::new(
        "video.copy_long",
        format!("这个影片长 {} 分钟，遮挡副本最长 {} 分钟。", length_ms / 60_000, MOST_COPY_MS / 60_000),
        "请只把要公开的那一段另外导出，再做遮挡副本。",
    )
    .into())
}

/// Whether `actor` places regions: who began the copy, while it is open and the original is there.
///
/// # Errors
/// Another's, or made already.
pub fn may_place(actor: &Actor, y: &BlurCopy, c: &Clip) -> Result<()> {
    if y.by_user != actor.user {
        return Err(Error::Forbidden("遮挡区域只能由做副本的人改。".into()));
    }
    if !y.state.is_open() {
        let next = "没有通过审核的可以再改；要另做一份的，请从导出页面重新开始。";
        return Err(Refusal::new("video.copy_made", format!("这份副本{}，不能再改。", y.state.label()), next).into());
    }
    if c.state == ClipState::Ready { Ok(()) } else { Err(Error::NotFound("导出的文件")) }
}

/// Whether `actor` may let the copy out, or not: a leader of the station, never the one who made it.
///
/// # Errors
/// The missing right; one's own, one that is not waiting for it, a refusal without a reason.
pub fn check_release(actor: &Actor, y: &BlurCopy, yes: bool, answer: &str) -> Result<()> {
    actor.must(Permission::VideoApprove)?;
    if y.by_user == actor.user {
        let next = "请由另一名带班领导或者所领导看过后审核。";
        return Err(Refusal::new("video.own_copy", "不能审核自己做的副本。", next).into());
    }
    if y.state != CopyState::Made {
        let what = format!("这份副本现在是“{}”，不在审核中。", y.state.label());
        return Err(Refusal::new("video.copy_decided", what, "请刷新页面查看。").into());
    }
    match answer.trim().chars().count() {
        0..2 if !yes => Err(FieldErrors::one("answer", "不通过的，请写明哪里没有遮住，2 到 200 字。")),
        201.. => Err(FieldErrors::one("answer", "意见最多 200 字。")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Role, StationId, Timestamp, UserId, Uuid};
    use testkit::actor;

    fn row(r: &str, at: &str, x: &str, y: &str, w: &str, h: &str) -> Row {
        let [region, at, x, y, w, h] = [r, at, x, y, w, h].map(str::to_string);
        Row { region, at, x, y, w, h }
    }

    fn said(rows: &[Row]) -> String {
        match read_regions(rows, (640, 360), 10_000) {
            Ok(_) => "good".into(),
            Err(Error::Invalid(e)) => e.0.into_iter().map(|f| f.1).collect(),
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn rows_of_one_number_are_one_region_in_the_order_of_time() {
        let rows = [
            row("2", "0", "50", "50", "10", "10"),
            row("１", "4.5", "20", "10", "10", "12.5"),
            Row::default(),
            row("1", "1", "10", "10", "10", "12.5"),
        ];
        let regions = read_regions(&rows, (640, 360), 10_000).unwrap();
        assert_eq!(regions.iter().map(|r| r.keys.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!((regions[0].keys[0].at_ms, regions[0].keys[1].x), (1000, 0.2));
        let back = rows_of(&regions);
        assert_eq!(back[1], row("1", "4.50", "20.0", "10.0", "10.0", "12.5"));
        assert_eq!(read_regions(&back, (640, 360), 10_000).unwrap(), regions);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_row() {
        let good = row("1", "1", "10", "10", "10", "10");
        assert_eq!(said(&[]), "还没有标出要遮挡的区域。请在画面上拖出矩形，或者填写表格。");
        assert!(said(&[good.clone(), row("1", "", "1", "1", "5", "5")]).contains("第 2 行没有填全"));
        assert!(said(&[row("21", "1", "1", "1", "5", "5")]).contains("区域编号"));
        assert!(said(&[row("1", "12", "1", "1", "5", "5")]).contains("影片之内"));
        assert!(said(&[row("1", "NaN", "1", "1", "5", "5")]).contains("不是数字"));
        for bad in [("99", "1", "5", "5"), ("-1", "1", "5", "5"), ("1", "1", "0", "5"), ("1", "96", "5", "5")] {
            assert!(said(&[row("1", "1", bad.0, bad.1, bad.2, bad.3)]).contains("画面之内"), "{bad:?}");
        }
        assert!(said(&[good.clone(), good]).contains("同一时刻有两个关键点"));
    }

    #[test]
    fn who_makes_a_copy_does_not_let_it_out() {
        let station = StationId(Uuid::from_u128(9));
        let (officer, leader) = (actor(Role::Officer, station), actor(Role::StationLeader, station));
        let copy = |by: UserId, state| BlurCopy {
            station_id: station,
            id: Uuid::from_u128(1),
            clip_id: Uuid::from_u128(2),
            part: 0,
            used_for: "通报".into(),
            regions: "[]".into(),
            state,
            version: 1,
            at: Timestamp::UNIX_EPOCH,
            by_user: by,
            by_role: Role::Officer,
            user_name: "王强".into(),
            unit: "正阳派出所".into(),
            made_at: None,
            bytes: 0,
            facts: String::new(),
            decided_at: None,
            decided_by: None,
            approver: String::new(),
            answer: String::new(),
        };
        let key = |r: Result<()>| r.map_or_else(|e| e.key().to_string(), |()| "yes".into());
        let made = copy(officer.user, CopyState::Made);
        assert_eq!(key(check_release(&leader, &made, true, "")), "yes");
        assert_eq!(key(check_release(&leader, &made, false, "")), "invalid");
        assert_eq!(key(check_release(&officer, &made, true, "")), "forbidden");
        assert_eq!(key(check_release(&leader, &copy(leader.user, CopyState::Made), true, "")), "video.own_copy");
        assert_eq!(
            key(check_release(&leader, &copy(officer.user, CopyState::Placing), true, "")),
            "video.copy_decided"
        );
    }
}
