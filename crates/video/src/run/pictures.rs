//! Coding and size of pictures (画面参数) that are not as usual: pure, time comes in.

use kernel::Uuid;
use std::collections::HashMap;

/// What streams show that is not what they show as usual, and since when.
#[derive(Default)]
pub(super) struct Pictures(HashMap<Uuid, i64>);

/// What is so about a stream's pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    AsUsual,
    /// These are the usual ones from now on.
    Learn,
    /// Another than the usual one.
    Other,
}

impl Pictures {
    /// A look at what a stream shows. What is new is usual at once when nothing was known, else after `patience` seconds.
    pub fn look(&mut self, stream: Uuid, now: i64, usual: &str, shows: &str, patience: i64) -> Look {
        if usual == shows || usual.is_empty() {
            self.0.remove(&stream);
            return if usual.is_empty() { Look::Learn } else { Look::AsUsual };
        }
        if now - *self.0.entry(stream).or_insert(now) >= patience {
            self.0.remove(&stream);
            return Look::Learn;
        }
        Look::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_picture_is_other_until_it_is_as_before_or_has_lasted() {
        let (mut p, id) = (Pictures::default(), Uuid::from_u128(7));
        let mut look = |now, usual, shows| p.look(id, now, usual, shows, 100);
        assert_eq!(look(0, "", "a"), Look::Learn);
        assert_eq!([look(1, "a", "a"), look(2, "a", "b"), look(50, "a", "a")], [Look::AsUsual, Look::Other, Look::AsUsual]);
        assert_eq!([look(60, "a", "b"), look(159, "a", "c"), look(160, "a", "c")], [Look::Other, Look::Other, Look::Learn]);
        assert_eq!(look(161, "c", "c"), Look::AsUsual);
    }
}
