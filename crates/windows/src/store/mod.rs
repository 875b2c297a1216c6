//! The only SQL of the domain. Services and windows are ended, hours are appended, closures lifted, bookings change their
//! state; nothing is deleted.

mod bookings;
mod cases;
mod displays;
mod setup;
mod tickets;

pub use bookings::*;
pub use cases::*;
pub use displays::*;
pub use setup::*;
pub use tickets::*;

use kernel::{Refusal, Result};

/// Refuses when a row was changed by somebody else meanwhile.
pub(crate) fn stale(n: u64) -> Result<()> {
    if n == 1 {
        return Ok(());
    }
    Err(Refusal::new("windows.stale", "这条记录刚刚被他人改过。", "请重新打开本页，看过现在的内容再办。").into())
}
