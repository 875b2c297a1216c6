//! What a register of cameras must not hold twice, and what of it was filed (备案).

use crate::model::Camera;

/// An address as it is compared: machine in small letters, the usual port left out. Path and query count letter by letter.
fn plain(url: &str) -> String {
    let rest = url.strip_prefix("rtsp://").unwrap_or(url);
    let (machine, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let machine = machine.to_ascii_lowercase();
    format!("{}{}", machine.strip_suffix(":554").unwrap_or(&machine), if path == "/" { "" } else { path })
}

/// Whether two addresses are the same stream of the same machine, as far as their text tells.
pub fn same_address(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

/// Whether a camera is filed.
fn is_filed(c: &Camera) -> bool {
    c.filing_day.is_some() || !c.filing_number.is_empty()
}

/// Whether it is still to be filed that a camera is no longer there (条例 §14: the number of devices is a filed fact).
pub fn owes_end(c: &Camera) -> bool {
    is_filed(c) && c.ended_at.is_some() && c.end_filed_day.is_none()
}

/// The filed facts that are not as they were, of a camera that is filed (条例 §14: unit, sites, number and types, storage
/// period; changes are filed too).
pub fn filed_changes(old: &Camera, new: &Camera) -> Vec<&'static str> {
    if !is_filed(old) {
        return vec![];
    }
    let facts = [
        (old.filing_unit != new.filing_unit, "管理单位"),
        (old.place != new.place || old.place_kind != new.place_kind, "安装位置"),
        (old.device_kind != new.device_kind, "设备类型"),
        (old.keep_days != new.keep_days, "存储期限"),
    ];
    facts.into_iter().filter(|f| f.0).map(|f| f.1).collect()
}

/// Whether an edit tells of a new filing: another day or another number.
pub fn filed_anew(old: &Camera, new: &Camera) -> bool {
    (new.filing_day.is_some() && new.filing_day != old.filing_day)
        || (!new.filing_number.is_empty() && new.filing_number != old.filing_number)
}

#[cfg(test)]
mod tests {
    use super::same_address;

    #[test]
    fn an_address_is_the_same_however_the_machine_is_written() {
        for (a, b, same) in [
            ("rtsp://10.20.1.5/main", "rtsp://10.20.1.5:554/main", true),
            ("rtsp://Cam-7.local/main", "rtsp://cam-7.local/main", true),
            ("rtsp://10.20.1.5", "rtsp://10.20.1.5:554/", true),
            ("rtsp://[fd00::1]/a", "rtsp://[FD00::1]:554/a", true),
            ("rtsp://10.20.1.5/main", "rtsp://10.20.1.5:8554/main", false),
            ("rtsp://10.20.1.5/Main", "rtsp://10.20.1.5/main", false),
            ("rtsp://10.20.1.5/c?channel=1", "rtsp://10.20.1.5/c?channel=2", false),
            ("rtsp://10.20.1.5/main", "rtsp://10.20.1.6/main", false),
        ] {
            assert_eq!(same_address(a, b), same, "{a} {b}");
        }
    }
}
