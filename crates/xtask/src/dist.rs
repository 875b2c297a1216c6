//! `cargo xt dist`: the release archive for a closed network. Needs no network itself.

use crate::test::{cargo, step};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is copied as it is.
const PARTS: &[&str] = &["README.md", "README.zh-CN.md", "LICENSE", "CHANGELOG.md", "docs", "mappings", "packaging"];

/// Builds and packs; prints where the archive is.
pub fn run() -> Result<(), String> {
    step("build", &mut cargo(&["build", "--release", "--offline", "--locked", "--package", "fengqiao"]))?;
    let archive = pack(Path::new("."), Path::new("target/release/fengqiao"), Path::new("target/dist"))?;
    let sum = fs::read_to_string(beside(&archive)).map_err(|e| e.to_string())?;
    println!("{}\n{}", archive.display(), sum.trim());
    Ok(())
}

/// The checksum of an archive.
fn beside(archive: &Path) -> PathBuf {
    PathBuf::from(format!("{}.sha256", archive.display()))
}

/// Packs a built program with everything that an installation without network needs. The same tree and program give the
/// same archive. Returns where it is; its checksum lies beside it.
pub fn pack(top: &Path, program: &Path, dist: &Path) -> Result<PathBuf, String> {
    let target = host()?;
    let metadata = output(cargo(&["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &target]).current_dir(top))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let lock = fs::read_to_string(top.join("Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
    let date = ["log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"];
    let at = output(Command::new("git").args(date).env("TZ", "UTC").current_dir(top))?;
    let bill = crate::sbom::make(&metadata, &lock, "fengqiao", at.trim())?;
    let version = bill["metadata"]["component"]["version"].as_str().unwrap_or("0").to_string();
    let name = format!("fengqiao-{version}-{target}");
    let stage = dist.join(&name);
    if stage.exists() {
        fs::remove_dir_all(&stage).map_err(|e| format!("{}: {e}", stage.display()))?;
    }
    fs::create_dir_all(&stage).map_err(|e| format!("{}: {e}", stage.display()))?;
    copy(program, &stage.join("fengqiao"))?;
    for part in PARTS {
        copy(&top.join(part), &stage.join(part))?;
    }
    write(&stage.join("sbom.cdx.json"), &serde_json::to_string_pretty(&bill).map_err(|e| e.to_string())?)?;
    write(&stage.join("THIRD-PARTY.txt"), &licences(&metadata, &bill)?)?;
    let mut files = vec![];
    walk(&stage, &stage, &mut files)?;
    let sums = output(Command::new("sha256sum").arg("--").args(&files).current_dir(&stage))?;
    write(&stage.join("SHA256SUMS"), &sums)?;
    let archive = format!("{name}.tar.gz");
    step(
        "pack",
        Command::new("tar")
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX", "--use-compress-program=gzip -n -9"])
            .arg(format!("--mtime={}", at.trim()))
            .args(["-cf", &archive, &name])
            .current_dir(dist),
    )?;
    let sum = output(Command::new("sha256sum").arg(&archive).current_dir(dist))?;
    let archive = dist.join(archive);
    write(&beside(&archive), &sum)?;
    Ok(archive)
}

/// The triple that rustc builds for here. Metadata is asked for this platform only: what other platforms need was
/// never downloaded on a fresh machine, and is not in the result.
pub(crate) fn host() -> Result<String, String> {
    output(Command::new("rustc").arg("-vV"))?
        .lines()
        .find_map(|l| l.strip_prefix("host: ").map(str::to_string))
        .ok_or("rustc names no host".into())
}

fn output(command: &mut Command) -> Result<String, String> {
    let out = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&out.stderr)))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if from.is_dir() {
        fs::create_dir_all(to).map_err(|e| format!("{}: {e}", to.display()))?;
        for entry in fs::read_dir(from).map_err(|e| format!("{}: {e}", from.display()))? {
            let entry = entry.map_err(|e| e.to_string())?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::copy(from, to).map(|_| ()).map_err(|e| format!("{}: {e}", from.display()))
}

/// All files below `dir`, relative to `top`, sorted.
fn walk(top: &Path, dir: &Path, out: &mut Vec<PathBuf>) -> Result<(), String> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?.filter_map(|e| Some(e.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(top, &path, out)?;
        } else {
            out.push(path.strip_prefix(top).map_err(|e| e.to_string())?.to_path_buf());
        }
    }
    Ok(())
}

/// Every linked package with its licence and the licence texts that came with it, each text once.
fn licences(metadata: &Value, bill: &Value) -> Result<String, String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut out = String::from("Packages linked into fengqiao, with their licences. Texts follow below.\n\n");
    for c in bill["components"].as_array().into_iter().flatten().filter(|c| c["scope"] == "required" && c["hashes"].is_array()) {
        let (name, version) = (c["name"].as_str().unwrap_or(""), c["version"].as_str().unwrap_or(""));
        let label = format!("{name} {version}");
        out.push_str(&format!("{label}: {}\n", c["licenses"][0]["expression"].as_str().unwrap_or("?")));
        if c["purl"].as_str().is_some_and(|p| p.starts_with("pkg:npm/")) {
            let text = include_str!("../../web/assets/vendor/maplibre/LICENSE.txt");
            texts.entry(text.trim().to_string()).or_default().push(label);
            continue;
        }
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let Some(p) = packages.into_iter().find(|p| p["name"] == name && p["version"] == version) else { continue };
        let Some(dir) = p["manifest_path"].as_str().and_then(|m| Path::new(m).parent()) else { continue };
        let mut names: Vec<PathBuf> =
            fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?.filter_map(|e| Some(e.ok()?.path())).collect();
        names.sort();
        for path in names.iter().filter(|p| p.is_file()) {
            let file = path.file_name().map_or(String::new(), |n| n.to_string_lossy().to_uppercase());
            if ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|w| file.starts_with(w))
                && let Ok(text) = fs::read_to_string(path)
            {
                texts.entry(text.trim().to_string()).or_default().push(label.clone());
            }
        }
    }
    for (text, of) in texts {
        out.push_str(&format!("\n{}\n{}\n\n{text}\n", "=".repeat(100), of.join(", ")));
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
