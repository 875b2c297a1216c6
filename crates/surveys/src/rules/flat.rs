//! What goes out as a table (导出): the counts of every survey, and the single answers of those that promised no anonymity.

use super::{Results, env, form};
use crate::model::{Held, State, Survey};
use kernel::figure::interval::{Interval, share};
use kernel::{Refusal, Result};

/// Columns of one table at most.
pub const MAX_COLUMNS: usize = 400;

/// A heading and the rows below.
pub type Flat = (Vec<String>, Vec<Vec<String>>);

fn must_be_asked(s: &Survey) -> Result<()> {
    if s.state == State::Draft {
        return Err(Refusal::new("surveys.state", "问卷还没有开放，没有结果可以导出。", "开放并有人回答后再导出。").into());
    }
    Ok(())
}

/// The counts as the page has them: no row leads to one set of answers, no moment is in them.
///
/// # Errors
/// A draft.
pub fn counts(s: &Survey, r: &Results) -> Result<Flat> {
    must_be_asked(s)?;
    let header = ["题目", "问到", "回答", "项目", "份数", "占比（%）", "可能范围下限（%）", "可能范围上限（%）", "按登记人口校正（%）", "数值"];
    let percent = |x: f64| format!("{x:.1}");
    let mut rows: Vec<Vec<String>> = vec![];
    let mut whole = |item: &str, n: usize| {
        let mut row = vec![String::new(); header.len()];
        (row[0], row[3], row[4]) = ("全部答卷".into(), item.into(), n.to_string());
        rows.push(row);
    };
    whole("收到", r.sets);
    whole("其中照纸质问卷录入", r.desk);
    whole("其中同一网络一天内五份以上", r.many);
    whole("来自几天", r.days);
    for t in &r.tables {
        let (asked, answered) = (t.tally.asked.to_string(), t.tally.answered.to_string());
        let mut add = |item: &str, n: String, part: String, between: Option<Interval>, weighted: String, value: String| {
            let (low, high) = between.map_or(Default::default(), |i| (percent(i.low * 100.0), percent(i.high * 100.0)));
            rows.push(vec![t.name().into(), asked.clone(), answered.clone(), item.into(), n, part, low, high, weighted, value]);
        };
        let none = String::new;
        for x in &t.shares {
            let part = if t.tally.answered > 0 { percent(x.percent) } else { none() };
            add(&x.label, x.chosen.to_string(), part, x.between, x.weighted.map_or_else(none, percent), none());
        }
        let all = t.tally.values.len() as i64;
        for b in &t.bins {
            let part = b.n as f64 / all.max(1) as f64 * 100.0;
            add(&b.label, b.n.to_string(), percent(part), share(b.n as i64, all), none(), none());
        }
        if let Some(x) = t.tally.spread {
            let of = [("最小", x.least), ("下四分位", x.lower_quartile), ("中位数", x.median), ("上四分位", x.upper_quartile), ("最大", x.most), ("平均", x.mean)];
            of.into_iter().for_each(|(item, n)| add(item, none(), none(), None, none(), format!("{}", (n * 100.0).round() / 100.0)));
        }
        t.texts.iter().for_each(|text| add(text, none(), none(), None, none(), none()));
        if t.shares.is_empty() && t.bins.is_empty() && t.texts.is_empty() {
            add("", none(), none(), None, none(), none());
        }
    }
    Ok((header.map(String::from).to_vec(), rows))
}

/// The single sets of answers, each with its day and no finer time, in the order in which the boxes hold them (by what they say).
///
/// # Errors
/// A draft; a survey that promised anonymity: some answers taken together can name who gave them; more columns than
/// [`MAX_COLUMNS`].
pub fn sets(s: &Survey, boxes: &[Held]) -> Result<Flat> {
    must_be_asked(s)?;
    if s.anonymous {
        let what = "这份问卷承诺匿名，不导出一份份的答卷：几道题连在一起，可能认出是谁填的。";
        return Err(Refusal::new("surveys.anonymous", what, "请导出“问卷统计”。").into());
    }
    let form = form(&s.definition.0)?;
    let mut columns: Vec<(usize, String)> = vec![];
    let mut filled = vec![];
    for b in boxes {
        for kept in &b.answers.0 {
            let one = form.fill(&kept.answers, &env(b.day));
            for (key, node, _) in one.values().into_iter().filter(|(_, node, _)| form.nodes()[*node].is_asked()) {
                if !columns.iter().any(|c| c.1 == key) {
                    columns.push((node, key));
                }
            }
            filled.push((b.day, kept, one));
        }
    }
    if columns.len() > MAX_COLUMNS {
        let what = format!("这份问卷的答卷有 {} 列，一张表最多 {MAX_COLUMNS} 列。", columns.len());
        return Err(Refusal::new("exchange.too_many", what, "请导出“问卷统计”。").into());
    }
    // The order of the questionnaire; rounds of a repeat by their number.
    columns.sort_by_key(|(node, key)| (*node, key.len(), key.clone()));
    let name = |(node, key): &(usize, String)| {
        let label = form.nodes()[*node].item.label.get("");
        if label.is_empty() || key.contains('[') { format!("{label}（{key}）") } else { label.to_string() }
    };
    let mut header = vec!["日期".to_string(), "来源".into(), "同一网络五份以上".into()];
    header.extend(columns.iter().map(name));
    let row = |(day, kept, one): &(kernel::Date, &crate::model::Kept, forms::Filled<'_>)| {
        let source = if kept.desk { "照纸质录入" } else { "网页" };
        let mut row = vec![day.to_string(), source.into(), if kept.many { "是" } else { "" }.into()];
        let values = one.values();
        let said = |key: &String| values.iter().find(|v| v.0 == *key).map_or(String::new(), |v| one.shown(v.1, v.2));
        row.extend(columns.iter().map(|c| said(&c.1)));
        row
    };
    let rows = filled.iter().map(row).collect();
    Ok((header, rows))
}

#[cfg(test)]
mod tests {
    use super::super::{Weights, results};
    use super::*;
    use crate::model::Kept;
    use crate::rules::build::tests::two;
    use kernel::row::Json;
    use kernel::{StationId, Timestamp, UserId, Uuid};

    fn survey(anonymous: bool, state: State) -> Survey {
        Survey {
            station_id: StationId(Uuid::from_u128(1)),
            id: Uuid::from_u128(2),
            title: "窗口晚上开不开".into(),
            intro: String::new(),
            state,
            anonymous,
            by_household: false,
            code: String::new(),
            definition: Json(two()),
            until_day: None,
            created_at: Timestamp::UNIX_EPOCH,
            by_user: UserId::NIL,
            opened_at: None,
            closed_at: None,
            version: 1,
        }
    }

    fn boxes() -> Vec<Held> {
        let kept = |a: &[(&str, &str)], desk| Kept { answers: a.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect(), many: false, desk };
        let all = vec![kept(&[("q1", "c1")], true), kept(&[("q1", "c2"), ("q2", "19")], false), kept(&[("q1", "c2"), ("q2", "20")], false)];
        vec![Held { day: "2026-05-08".parse().unwrap(), held: 3, answers: Json(all) }]
    }

    #[test]
    fn counts_go_out_as_they_stand_on_the_page() {
        let s = survey(true, State::Open);
        let r = results(&s.definition.0, &boxes(), Weights::default()).unwrap();
        let (header, rows) = counts(&s, &r).unwrap();
        assert!(rows.iter().all(|row| row.len() == header.len()));
        assert_eq!(rows[0][3..5], ["收到", "3"]);
        let of = |item: &str| rows.iter().find(|row| row[3] == item).unwrap_or_else(|| panic!("{item}: {rows:?}"));
        assert_eq!(of("19")[1..6], ["2", "2", "19", "1", "50.0"]);
        assert_eq!((of("中位数")[9].as_str(), of("平均")[9].as_str()), ("19.5", "19.5"));
        assert!(!rows.iter().flatten().any(|c| c.contains("2026")), "no day: {rows:?}");
        assert!(counts(&survey(true, State::Draft), &r).is_err());
    }

    #[test]
    fn single_answers_of_an_anonymous_survey_stay_in_their_boxes() {
        let e = sets(&survey(true, State::Open), &boxes()).unwrap_err();
        assert_eq!(e.key(), "surveys.anonymous");
        let (header, rows) = sets(&survey(false, State::Closed), &boxes()).unwrap();
        assert_eq!((header.len(), rows.len(), header[0].as_str()), (5, 3, "日期"));
        assert_eq!((rows[0][0].as_str(), rows[0][1].as_str(), rows[0][4].as_str()), ("2026-05-08", "照纸质录入", ""));
        assert_eq!(rows[2][4], "20");
        assert!(!rows[1][3].starts_with('c'), "the words of the choice: {rows:?}");
    }
}
