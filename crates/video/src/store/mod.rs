//! The only SQL of the domain. Cameras, groups and networks are ended and never deleted; looks are appended; rows of files
//! follow the disk.

mod cameras;
mod copies;
mod exports;
mod files;
mod health;
mod looks;

pub use cameras::*;
pub use copies::*;
pub use exports::*;
pub use files::*;
pub use health::*;
pub use looks::*;

use kernel::{Refusal, Result};

/// Refused when somebody else was faster.
pub(crate) fn stale(n: u64) -> Result<()> {
    if n == 1 {
        return Ok(());
    }
    Err(Refusal::new("video.stale", "这里刚刚被他人改过。", "您填的还在表单里；请在另一个窗口看清最新内容后再保存。")
        .into())
}
