//! Rules about persons: names, documents, phones, age, who sees whom. Pure.

pub mod document;
pub mod phone;
pub mod retention;

pub use document::{Facts, check_digit, document, to_18};
pub use phone::{phone, phone_error};

use crate::model::{Hidden, PersonRow};
use kernel::{Date, Role};

/// Characters of a name at most (long Mongolian and Russian names, foreigners' passports).
pub const MAX_NAME: usize = 50;
/// What a person without a name is called.
pub const NAMELESS: &str = "未具名";

/// A name as kept: cleaned, all kinds of middle dots as `·`, blanks single.
pub fn name(typed: &str) -> String {
    let dotted: String = kernel::text::clean(typed)
        .chars()
        .map(|c| match c {
            '•' | '‧' | '∙' | '・' | '･' | '．' | '⋅' | '●' | '▪' => '·',
            '　' => ' ',
            c => c,
        })
        .collect();
    let words: Vec<&str> = dotted.split_whitespace().collect();
    let one = words.join(" ");
    // Blanks between Han characters are padding ("张 三"); between Latin words they belong there.
    if one.chars().any(|c| c.is_ascii_alphabetic()) { one } else { one.replace(' ', "") }
}

/// Why `typed` cannot be a name, or `None`. No surname is asked for (蒙古族等整名), rare Han of all
/// planes, the middle dot, and Latin names of foreigners are fine; digits and signs are not.
pub fn name_error(typed: &str) -> Option<String> {
    let kept = name(typed);
    let n = kept.chars().count();
    if n == 0 {
        return Some("请填写姓名。".into());
    }
    if n > MAX_NAME {
        return Some(format!("姓名最多 {MAX_NAME} 字，现有 {n} 字。"));
    }
    if let Some(c) = kept.chars().find(|c| !(c.is_alphabetic() || matches!(c, '·' | '-' | '\'' | '’' | ' ' | '.'))) {
        return Some(format!("姓名中不能有“{c}”。没有姓氏的名字、间隔号“·”、生僻字都可以直接填写。"));
    }
    if kept.starts_with('·') || kept.ends_with('·') || kept.contains("··") {
        return Some("间隔号“·”应在两段名字之间。".into());
    }
    None
}

/// Full years of age on a day.
pub fn age_on(birth: Date, day: Date) -> i64 {
    let years = i64::from(day.year()) - i64::from(birth.year());
    if (day.month(), day.day()) < (birth.month(), birth.day()) { years - 1 } else { years }
}

/// The first day on which a person born on `birth` has passed `years`: the day after the birthday
/// (法释〔2006〕1号第二条：周岁从生日的第二天起算). `years` comes from the rule `minor.age_below`.
pub fn adult_on(birth: Date, years: i64) -> Option<Date> {
    let year = i16::try_from(i64::from(birth.year()) + years).ok()?;
    let birthday = Date::new(year, birth.month(), birth.day()).or_else(|_| Date::new(year, 3, 1)).ok()?;
    birthday.tomorrow().ok()
}

/// Whether the person is a minor on a day: by birth date, else by what was told.
pub(crate) fn is_minor(p: &PersonRow, day: Date) -> bool {
    p.adult_on.map_or(p.minor_told, |adult| day < adult)
}

/// Roles that handle matters with minors (未成年人保护法 §103: identity is not disclosed beyond them).
pub fn handles_minors(role: Role) -> bool {
    handles_protected(role) || matches!(role, Role::Officer | Role::WindowClerk)
}

/// Roles that may know who asked for secrecy in any matter: those who lead and dispatch. Who works the matter knows it there.
pub fn handles_protected(role: Role) -> bool {
    matches!(role, Role::StationLeader | Role::DutyLeader | Role::Operator | Role::LocalOperator)
}

/// Why the name is hidden from `role` on `day`, or `None`. `handles`: the caller's domain says that
/// this person works the matter.
pub(crate) fn hidden(p: &PersonRow, role: Role, day: Date, handles: bool) -> Option<Hidden> {
    if p.erased_at.is_some() {
        Some(Hidden::Erased)
    } else if p.protected && !handles && !handles_protected(role) {
        Some(Hidden::Protected)
    } else if is_minor(p, day) && !handles && !handles_minors(role) {
        Some(Hidden::Minor)
    } else {
        None
    }
}

/// Stars and the tail that stands in the clear.
pub fn masked(length: usize, tail: &str) -> String {
    if tail.is_empty() {
        return String::new();
    }
    format!("{}{tail}", "*".repeat(length.saturating_sub(tail.chars().count())))
}

/// The last `n` characters.
pub fn tail(value: &str, n: usize) -> String {
    let count = value.chars().count();
    value.chars().skip(count.saturating_sub(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_bear_them() {
        for (typed, kept) in [
            ("其木格", "其木格"),
            ("阿丽娅•古丽", "阿丽娅·古丽"),
            ("买买提．吐尔逊", "买买提·吐尔逊"),
            ("张 三", "张三"),
            ("王\u{200b}㛃", "王㛃"),
            ("李𬱟", "李𬱟"),
            ("Anna  O'Neil-Smith", "Anna O'Neil-Smith"),
            ("昂", "昂"),
        ] {
            assert_eq!(name(typed), kept);
            assert_eq!(name_error(typed), None, "{typed}");
        }
        for bad in ["", "  ", "张3", "·古丽", "古丽··买", "<script>", "李四；drop", &"巴".repeat(51)] {
            assert!(name_error(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn age_turns_on_the_birthday_and_majority_on_the_day_after() {
        let d = |s: &str| s.parse::<Date>().unwrap();
        assert_eq!(age_on(d("2008-05-08"), d("2026-05-07")), 17);
        assert_eq!(age_on(d("2008-05-08"), d("2026-05-08")), 18);
        assert_eq!(adult_on(d("2008-05-08"), 18), Some(d("2026-05-09")));
        assert_eq!(adult_on(d("2008-02-29"), 18), Some(d("2026-03-02")));
    }

    #[test]
    fn masks_keep_only_the_tail() {
        assert_eq!(masked(18, &tail("11010519491231002X", 2)), "****************2X");
        assert_eq!(masked(11, &tail("13800001234", 4)), "*******1234");
        assert_eq!(masked(18, ""), "");
    }
}
