//! 议事会 and 意见: what a record may hold.

use crate::model::{Meeting, MeetingState, NewMeeting, NewWish, Stretch};
use kernel::{Date, FieldErrors, Refusal, Result};
use roster::model::DayType;

/// People at a meeting at most.
pub const MOST_PRESENT: i64 = 5_000;

/// When, as three fields of a form say it: all or none.
///
/// # Errors
/// Which field is missing or wrong, under `day_type`, `from` and `until`.
pub fn when(day_type: &str, from: &str, until: &str, errors: &mut FieldErrors) -> Option<Stretch> {
    let (day_type, from, until) = (day_type.trim(), from.trim(), until.trim());
    if day_type.is_empty() && from.is_empty() && until.is_empty() {
        return None;
    }
    let kind = DayType::from_code(day_type);
    if kind.is_none() {
        errors.add("day_type", "写了时间，请也选哪种日子。");
    }
    let mut minute = |field: &str, typed: &str| {
        let read = windows::rules::minute(typed);
        if read.is_none() {
            errors.add(field, "请写成 18:30 的样子，起止都要写。");
        }
        read
    };
    let (from, until) = (minute("from", from), minute("until", until));
    let found = Stretch { kind: kind?, from: from?, until: until? };
    if found.from >= found.until {
        errors.add("until", "结束要在开始以后。");
        return None;
    }
    Some(found)
}

/// A wish as it may be kept.
///
/// # Errors
/// By field.
pub fn check_wish(w: &NewWish) -> Result<()> {
    let mut errors = FieldErrors::default();
    if w.content.trim().is_empty() && w.when.is_none() {
        errors.add("content", "请写下意见，或者说说什么时间来方便。");
    }
    if !(1..=MOST_PRESENT).contains(&w.people) {
        errors.add("people", format!("请写 1 到 {MOST_PRESENT} 之间的人数。"));
    }
    errors.ok(())
}

/// A meeting as it may be kept.
///
/// # Errors
/// By field: a day to come, nobody present, more names than people.
pub fn check_meeting(m: &NewMeeting, today: Date) -> Result<()> {
    let mut errors = FieldErrors::default();
    if m.held_on > today {
        errors.add("held_on", "会还没有开。请在开会当天或以后记录。");
    }
    if !(1..=MOST_PRESENT).contains(&m.present) {
        errors.add("present", format!("请写到会人数，1 到 {MOST_PRESENT}。"));
    }
    let names = names(&m.names).len() as i64;
    if names > m.present {
        errors.add("names", format!("写了 {names} 个名字，到会人数只有 {}。请核对。", m.present));
    }
    errors.ok(())
}

/// Names of a list, one a line or with 、 between.
pub fn names(typed: &str) -> Vec<&str> {
    typed.split(['\n', '、', '，', ',', '；', ';']).map(str::trim).filter(|n| !n.is_empty()).collect()
}

/// A vote of a meeting.
///
/// # Errors
/// No question, or more votes than people.
pub fn check_vote(question: &str, yes: i64, no: i64, abstained: i64, present: i64) -> Result<()> {
    let mut errors = FieldErrors::default();
    if question.trim().is_empty() {
        errors.add("question", "请写表决的事项。");
    }
    let all = yes + no + abstained;
    if all == 0 {
        errors.add("yes", "同意、反对、弃权至少写一个人数。");
    }
    if all > present {
        errors.add("yes", format!("三项加起来是 {all} 人，到会只有 {present} 人。请核对。"));
    }
    errors.ok(())
}

/// The record of a meeting can still be changed.
///
/// # Errors
/// It is final.
pub fn may_change(m: &Meeting) -> Result<()> {
    if m.state == MeetingState::Draft {
        return Ok(());
    }
    Err(Refusal::new("surveys.meeting_final", "这次会的记录已经定稿，不能再改。", "有遗漏的，请另记一次会，写明补充哪一次。").into())
}

/// The record of a meeting may become final.
///
/// # Errors
/// Already final, or without minutes.
pub fn may_finish(m: &Meeting) -> Result<()> {
    may_change(m)?;
    if m.minutes.trim().is_empty() {
        return Err(FieldErrors::one("minutes", "请先写会议记录。"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_whole_or_absent() {
        let read = |d: &str, f: &str, u: &str| {
            let mut e = FieldErrors::default();
            (when(d, f, u, &mut e), e.is_empty())
        };
        assert_eq!(read("", " ", ""), (None, true));
        assert_eq!(read("work", "18:30", "20:30"), (Some(Stretch { kind: DayType::Work, from: 1_110, until: 1_230 }), true));
        for (d, f, u) in [("work", "", ""), ("", "18:30", "20:30"), ("work", "20:30", "18:30"), ("work", "晚上", "20:30"), ("daily", "8:00", "9:00")] {
            assert_eq!(read(d, f, u), (None, false), "{d} {f} {u}");
        }
        assert_eq!(Stretch::read("周末 9:00—12:00").unwrap().text(), "周末 09:00-12:00");
        assert_eq!(Stretch::read("都不方便"), None);
    }

    #[test]
    fn more_votes_than_people_are_no_vote() {
        assert!(check_vote("灯装在哪", 10, 3, 2, 15).is_ok());
        assert!(check_vote("灯装在哪", 10, 4, 2, 15).is_err() && check_vote("灯装在哪", 0, 0, 0, 15).is_err() && check_vote(" ", 1, 0, 0, 15).is_err());
        assert_eq!(names("敖日格乐、王秀英\n 李强 \n"), ["敖日格乐", "王秀英", "李强"]);
    }
}
