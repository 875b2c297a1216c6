//! 行政区划代码: the official lists that ship with the program (see `data/README.md`).
//!
//! Province 2, city 4, county 6, street 9, community 12 digits; a longer code begins with its parent's.

/// `(code, name)` of every division that ships.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    const LISTS: [&str; 5] = [
        include_str!("../data/provinces.csv"),
        include_str!("../data/cities.csv"),
        include_str!("../data/areas.csv"),
        include_str!("../data/inner_mongolia_streets.csv"),
        include_str!("../data/hailar_otog_communities.csv"),
    ];
    LISTS.into_iter().flat_map(|text| text.lines().skip(1).filter_map(row))
}

fn row(line: &'static str) -> Option<(&'static str, &'static str)> {
    let mut cells = line.trim_end().split(',');
    let (code, name) = (cells.next()?.trim_matches('"'), cells.next()?.trim_matches('"'));
    (code.bytes().all(|b| b.is_ascii_digit()) && !code.is_empty() && !name.is_empty()).then_some((code, name))
}

/// The name of a code, such as `150702` → 海拉尔区.
pub fn name(code: &str) -> Option<&'static str> {
    all().find(|(c, _)| *c == code).map(|(_, n)| n)
}

/// `province`, `city`, `county`, `street`, `community`, by the length of the code.
pub fn level(code: &str) -> &'static str {
    match code.len() {
        2 => "province",
        4 => "city",
        6 => "county",
        9 => "street",
        _ => "community",
    }
}

/// The code one level up; "" for a province.
pub fn parent(code: &str) -> &str {
    let cut = match code.len() {
        0..=2 => 0,
        3..=4 => 2,
        5..=6 => 4,
        7..=9 => 6,
        _ => 9,
    };
    &code[..cut]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole_and_every_code_has_its_parent() {
        let codes: std::collections::BTreeSet<&str> = all().map(|(c, _)| c).collect();
        assert!(codes.len() > 4_500, "{}", codes.len());
        assert_eq!((name("150702"), name("150624")), (Some("海拉尔区"), Some("鄂托克旗")));
        for code in &codes {
            let up = parent(code);
            assert!(up.is_empty() || codes.contains(up), "{code} has no {up}");
        }
    }
}
