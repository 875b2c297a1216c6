//! Identity documents: form, check digit, what a number says.
//!
//! Resident ID: GB 11643-1999, eighteen characters, weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, check
//! string `10X98765432` (ISO 7064 MOD 11-2); before 1999 fifteen digits without century and check.
//! The residence permit of Hong Kong, Macao and Taiwan residents (国办发〔2018〕81号) bears a number of the
//! same form with region 81/82/83. The foreigner's permanent residence card bears fifteen characters,
//! since 2023 eighteen digits beginning with 9. Permits and passports have no public check digit.

use crate::model::{IdKind, Sex};
use kernel::{Date, text};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";
/// First two digits of GB/T 2260, with 81–83 for residence permits.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

/// What a document says about its holder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The number as kept and compared: upper case, no blanks, 15 digits made 18.
    pub number: String,
    pub birth: Option<Date>,
    pub sex: Option<Sex>,
}

/// The check character of seventeen digits.
pub fn check_digit(first17: &str) -> Option<char> {
    let digits: Vec<u32> = first17.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.len() != 17 {
        return None;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
    Some(CHECKS[(sum % 11) as usize] as char)
}

/// A fifteen-digit number as eighteen characters (born 19xx).
pub fn to_18(fifteen: &str) -> Option<String> {
    if fifteen.len() != 15 || !fifteen.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let body = format!("{}19{}", &fifteen[..6], &fifteen[6..]);
    let check = check_digit(&body)?;
    Some(format!("{body}{check}"))
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(test)
}

fn birth_of(eight: &str, today: Date) -> Option<Date> {
    let date = Date::new(eight[..4].parse().ok()?, eight[4..6].parse().ok()?, eight[6..8].parse().ok()?).ok()?;
    (date <= today && date.year() >= 1880).then_some(date)
}

fn citizen(number: String, what: &str, today: Date) -> Result<Facts, String> {
    let number = if number.len() == 15 && what == "身份证号" {
        to_18(&number).ok_or_else(|| "15 位身份证号应全部是数字。".to_string())?
    } else {
        number
    };
    if number.len() != 18 || !all(&number[..17], |b| b.is_ascii_digit()) || !matches!(number.as_bytes()[17], b'0'..=b'9' | b'X') {
        return Err(format!("{what}应为 18 位（末位可以是 X），旧证为 15 位，现有 {} 位。", number.chars().count()));
    }
    let taiwan = what != "身份证号" && number.starts_with("83");
    if !taiwan && !PROVINCES.contains(&&number[..2]) {
        return Err(format!("{what}前两位“{}”不是省级区划代码（GB/T 2260）。", &number[..2]));
    }
    let birth = birth_of(&number[6..14], today).ok_or_else(|| format!("{what}中的出生日期“{}”不存在或晚于今天。", &number[6..14]))?;
    if check_digit(&number[..17]) != number.chars().last() {
        return Err(format!("{what}的校验位不对（GB 11643），请对照证件逐位核对。"));
    }
    let sex = if (number.as_bytes()[16] - b'0').is_multiple_of(2) { Sex::Female } else { Sex::Male };
    Ok(Facts { number, birth: Some(birth), sex: Some(sex) })
}

/// Reads a typed number of a kind. Errors: one Chinese sentence that names the rule.
pub fn document(kind: IdKind, typed: &str, today: Date) -> Result<Facts, String> {
    let number: String = text::fold(typed)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '·'))
        .collect::<String>()
        .to_ascii_uppercase();
    if !number.is_ascii() || number.is_empty() {
        return Err(if number.is_empty() { "请填写证件号码。".into() } else { "证件号码只能由数字和字母组成。".to_string() });
    }
    let plain = |number: String| Ok(Facts { number, ..Facts::default() });
    let text = number.clone();
    let (letters, digits) = text.split_at(text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len()));
    let digits_only = all(digits, |b| b.is_ascii_digit());
    match kind {
        IdKind::None => Err("请先选择证件种类。".into()),
        IdKind::Resident => citizen(number, "身份证号", today),
        IdKind::Residence => match &number.get(..2) {
            Some("81" | "82" | "83") => citizen(number, "居住证号", today),
            _ => Err("港澳台居民居住证号以 81（香港）、82（澳门）或 83（台湾）开头。".into()),
        },
        IdKind::HongKongMacao => {
            if matches!(letters, "H" | "M") && digits_only && matches!(digits.len(), 8 | 10) {
                return plain(number);
            }
            Err("港澳居民来往内地通行证号为 H 或 M 加 8 位数字（旧证 10 位）。".into())
        }
        IdKind::Taiwan => {
            if digits_only && letters.len() <= 1 && matches!(digits.len(), 8 | 10) {
                return plain(number);
            }
            Err("台湾居民来往大陆通行证号为 8 位数字（旧证 10 位）。".into())
        }
        IdKind::Passport => {
            if (5..=17).contains(&number.len()) && all(&number, |b| b.is_ascii_alphanumeric()) && !digits.is_empty() {
                return plain(number);
            }
            Err("护照号为 5 到 17 位字母和数字。".into())
        }
        IdKind::ForeignPermanent => foreign_permanent(number, letters, digits, today),
    }
}

fn foreign_permanent(number: String, letters: &str, digits: &str, today: Date) -> Result<Facts, String> {
    let digits_only = all(digits, |b| b.is_ascii_digit());
    if letters.len() == 3 && digits.len() == 12 && digits_only {
        // Three letters of the country, province and county (4), birth date yymmdd, sequence, check.
        return Ok(Facts { number, ..Facts::default() });
    }
    if number.len() == 18 && number.starts_with('9') && all(&number[..17], |b| b.is_ascii_digit()) {
        let birth = birth_of(&number[6..14], today).ok_or("永久居留身份证号中的出生日期不存在或晚于今天。")?;
        return Ok(Facts { birth: Some(birth), number, sex: None });
    }
    Err("外国人永久居留身份证号为 3 个字母加 12 位数字，新证为以 9 开头的 18 位。".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        "2026-05-08".parse().unwrap()
    }

    #[test]
    fn numbers_that_are_right() {
        for (kind, typed, number, birth, sex) in [
            (IdKind::Resident, "11010519491231002X", "11010519491231002X", Some("1949-12-31"), Some(Sex::Female)),
            (IdKind::Resident, "１１０１０５ １９４９１２３１ ００２ｘ", "11010519491231002X", Some("1949-12-31"), Some(Sex::Female)),
            (IdKind::Resident, "110105491231002", "11010519491231002X", Some("1949-12-31"), Some(Sex::Female)),
            (IdKind::HongKongMacao, "h12345678", "H12345678", None, None),
            (IdKind::HongKongMacao, "M1234567890", "M1234567890", None, None),
            (IdKind::Taiwan, "01234567", "01234567", None, None),
            (IdKind::Passport, "E12345678", "E12345678", None, None),
            (IdKind::ForeignPermanent, "RUS150085010112", "", None, None),
            (IdKind::ForeignPermanent, "RUS150085010112".get(..15).unwrap(), "", None, None),
            (IdKind::ForeignPermanent, "911124198503150012", "911124198503150012", Some("1985-03-15"), None),
        ] {
            let read = document(kind, typed, today());
            if number.is_empty() {
                assert!(read.is_ok(), "{typed}: {read:?}");
                continue;
            }
            let facts = read.unwrap();
            assert_eq!(facts.number, number);
            assert_eq!(facts.birth.map(|b| b.to_string()).as_deref(), birth, "{typed}");
            assert_eq!(facts.sex, sex, "{typed}");
        }
        // 810000 1990-01-01, built with the same check digit.
        let permit = format!("81000019900101001{}", check_digit("81000019900101001").unwrap());
        assert_eq!(document(IdKind::Residence, &permit, today()).unwrap().sex, Some(Sex::Male));
    }

    #[test]
    fn numbers_that_are_wrong_name_the_rule() {
        for (kind, typed, says) in [
            (IdKind::Resident, "110105194912310021", "校验位"),
            (IdKind::Resident, "1101051949123100", "18 位"),
            (IdKind::Resident, "99010519491231002X", "GB/T 2260"),
            (IdKind::Resident, "110105194913310025", "出生日期"),
            (IdKind::Resident, "110105202712310021", "晚于今天"),
            (IdKind::Resident, "11010549123100A", "数字"),
            (IdKind::Resident, "身份证", "数字和字母"),
            (IdKind::Resident, "", "请填写"),
            (IdKind::Residence, "11010519491231002X", "81"),
            (IdKind::HongKongMacao, "K12345678", "H 或 M"),
            (IdKind::Taiwan, "123", "8 位"),
            (IdKind::Passport, "ABC", "护照"),
            (IdKind::ForeignPermanent, "123456", "永久居留"),
            (IdKind::None, "1", "证件种类"),
        ] {
            let e = document(kind, typed, today()).unwrap_err();
            assert!(e.contains(says), "{typed}: {e}");
        }
    }

    #[test]
    fn every_single_slip_of_a_digit_is_caught() {
        let good = "11010519491231002X";
        for at in 0..17 {
            for d in b'0'..=b'9' {
                let mut bytes = good.as_bytes().to_vec();
                if bytes[at] == d {
                    continue;
                }
                bytes[at] = d;
                let typed = String::from_utf8(bytes).unwrap();
                assert!(document(IdKind::Resident, &typed, today()).is_err(), "{typed}");
            }
        }
    }
}
