//! 窗口: the figure of what was handed over at people's doors.

use kernel::figure;
use kernel::figure::{Arg, Spec};

/// The figures of this domain.
pub fn all() -> Vec<Spec> {
    vec![figure!(
        "window.delivered_at_door", "窗口", "上门送达的证件、证明占比", (1, "2026-11-27"),
        "分子：上门办理（登记方式为上门）并已送达的证件、证明件数；分母：送达时间在期间内、截至统计时刻已登记送达的证件、证明件数。只计派出所出具的证明（目录里的九种）和居住证，不计户籍登记、居民身份证申领等其他业务。",
        true, "window_case", "/windows/cases/", &[Arg::Station, Arg::From, Arg::Until, Arg::AsOf],
        "select id, result_number as number, name as title, delivered_at as at, (channel = 'door') as hit from windows_case where station_id = $1 and delivered_at >= $2 and delivered_at < $3 and delivered_at <= $4 and (kind = 'residence_permit' or substr(kind, 1, 5) = 'cert_')",
        "$5", "$6"
    )]
}

#[cfg(test)]
mod tests {
    /// The definition says nine kinds and permits; so does the catalogue.
    #[test]
    fn the_kinds_that_count_are_those_of_the_catalogue() {
        let rules = rulebook::shipped().unwrap();
        let kinds = crate::rules::catalogue::kinds(&rules, "2026-11-27".parse().unwrap());
        let counted = |code: &str| code == "residence_permit" || code.starts_with("cert_");
        assert_eq!(kinds.iter().filter(|k| k.group == "certificate" && counted(&k.code)).count(), 9);
        assert!(kinds.iter().all(|k| counted(&k.code) == (k.group == "certificate" || k.result == "permit")));
    }
}
