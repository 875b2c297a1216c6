//! A moment as the id that a slot is filled for: what hangs into the replay is about a minute and no record.

use kernel::{Timestamp, Uuid};

/// The id of a moment: a UUIDv7 of its millisecond with nothing else in it.
pub fn id(at: Timestamp) -> Uuid {
    let ms = u128::try_from(at.as_millisecond()).unwrap_or(0) & 0xffff_ffff_ffff;
    Uuid::from_u128(ms << 80 | 7 << 76 | 2 << 62)
}

/// The moment of such an id, to the millisecond.
pub fn of(id: Uuid) -> Timestamp {
    kernel::clock::from_micros(i64::try_from(id.as_u128() >> 80).unwrap_or(0).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_to_the_millisecond() {
        let at: Timestamp = "2026-05-08T14:03:07.250Z".parse().unwrap();
        assert_eq!(of(id(at)), at);
        assert_eq!(id(at).get_version_num(), 7);
    }
}
