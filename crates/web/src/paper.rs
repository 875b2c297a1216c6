//! What every domain that prints refuses: a paper with gaps.

use kernel::{Refusal, Result};

/// Refuses a paper with characters that no font draws, each with its code point: nobody signs a paper with gaps.
pub fn drawable(missing: &[char]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().take(10).map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
    Err(Refusal::new(
        "mediation.no_glyph",
        format!("字库里没有{}，文书没有生成；已登记的内容都保存着。", list.join("、")),
        "请由系统管理员把含有该字的字体放进字体目录（启动时的 --fonts）并重新启动，再打印；急需时可在登记中改用同音字或者拼音，并注明（卷宗的写在“卷宗情况说明”里）。",
    )
    .into())
}
