//! `fengqiao verify-clip`: a clip against its manifest, without database and keys.

use anyhow::{Context, bail};
use evidence::{Key, MAX_MANIFEST, Sealed, Words, measure, parse_keys, verify};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to check with what.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// 录像文件
    clip: PathBuf,
    /// 导出时同时得到的清单（.json）
    manifest: PathBuf,
    /// 派出所公布的公钥：十六进制，或存有 fengqiao keys public 输出的文件
    #[arg(long)]
    key: Option<String>,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

/// Proven 0, not proven 1, whole but the signer not proven 2.
pub fn verify_clip(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let manifest = bounded(&args.manifest, MAX_MANIFEST as u64 + 1)?;
    let keys = args.key.as_deref().map(keys).transpose()?.unwrap_or_default();
    let said = |bad: evidence::Bad| {
        let w = bad.words();
        anyhow::anyhow!("{}\n{}", w.zh, w.en)
    };
    let (_, statement) = Sealed::parse(&manifest).map_err(said)?;
    let mut sizes: Vec<u64> = statement.clip.parts.iter().filter_map(|p| Some(p.blocks.as_ref()?.size)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut clip = File::open(&args.clip).with_context(|| format!("打不开 {}", args.clip.display()))?;
    let file = measure(&mut clip, &sizes).with_context(|| format!("读不出 {}", args.clip.display()))?;
    let v = verify(&manifest, &file, &keys).map_err(said)?;
    let mut lines = vec![v.judgement(), v.file_words(), v.sign_words()];
    lines.extend(v.statement.lines());
    if args.json {
        let zh: Vec<&str> = lines.iter().map(|w| &*w.zh).collect();
        let en: Vec<&str> = lines.iter().map(|w| &*w.en).collect();
        let out = serde_json::json!({
            "proven": v.is_proven(), "whole": v.is_whole(), "bytes": file.bytes, "sha256": file.sha256, "sm3": file.sm3,
            "zh": zh, "en": en, "statement": v.statement,
        });
        println!("{out:#}");
    } else {
        lines.iter().for_each(show);
        println!("SHA-256  {}\nSM3      {}", file.sha256, file.sm3);
    }
    Ok(ExitCode::from(if v.is_proven() {
        0
    } else if v.is_whole() {
        2
    } else {
        1
    }))
}

fn show(w: &Words) {
    println!("{}", w.zh);
    if w.en.trim() != w.zh.trim() {
        println!("    {}", w.en);
    }
}

fn bounded(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let mut out = vec![];
    let file = File::open(path).with_context(|| format!("打不开 {}", path.display()))?;
    file.take(most).read_to_end(&mut out).with_context(|| format!("读不出 {}", path.display()))?;
    Ok(out)
}

fn keys(given: &str) -> anyhow::Result<Vec<Key>> {
    let mut found = parse_keys(given);
    if found.is_empty() && Path::new(given).is_file() {
        found = parse_keys(&String::from_utf8_lossy(&bounded(Path::new(given), 1 << 20)?));
    }
    if found.is_empty() {
        bail!("“--key”既不是公钥（Ed25519 为 64 位十六进制，SM2 为 66 或 130 位），也不是存有公钥的文件。");
    }
    Ok(found)
}
