//! 字体目录: fonts that the station has a licence for (方正小标宋, 仿宋_GB2312, 楷体) or that hold rarer characters.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// The environment variable that names the directory where `--fonts` does not.
pub const VARIABLE: &str = "FENGQIAO_FONTS";

/// Mounts the fonts of the directory that was asked for, else of the one that the environment names; says how many faces
/// came. A directory that cannot be read, or a file in it that is no font, ends the start.
pub fn mount(asked: Option<&Path>) -> anyhow::Result<usize> {
    let named = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let Some(dir) = asked.map(Path::to_path_buf).or(named) else { return Ok(0) };
    let next = "请把 .ttf、.otf、.ttc 字体文件直接放在这个目录里，去掉不是字体的文件；或者去掉 --fonts（环境变量 FENGQIAO_FONTS）";
    let faces = documents::add_font_dir(&dir).with_context(|| format!("字体目录 {} 不能用。{next}", dir.display()))?;
    println!("字体目录 {}：装入 {faces} 个字体", dir.display());
    Ok(faces)
}
