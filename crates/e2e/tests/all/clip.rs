//! The stand-alone page that checks a clip, from the disk and without any server; and the same by `fengqiao verify-clip`.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Tab, View};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Case {
    name: &'static str,
    clip: PathBuf,
    manifest: PathBuf,
    key: String,
    /// What page and command must say, and the command's exit code.
    says: &'static [&'static str],
    code: i32,
}

fn cases(dir: &Path) -> Result<Vec<Case>> {
    let fixture = e2e::workspace().join("crates/evidence/tests/fixture");
    let (clip, manifest) = (fixture.join("clip.mp4"), fixture.join("manifest.json"));
    let bytes = std::fs::read(&clip)?;
    let text = std::fs::read_to_string(&manifest)?;
    let keys = std::fs::read_to_string(fixture.join("keys.txt"))?;
    let key = keys
        .lines()
        .find(|l| l.contains("ed25519"))
        .and_then(|l| l.split_whitespace().last())
        .context("a key")?
        .to_string();
    let file = |name: &str, bytes: &[u8]| -> Result<PathBuf> {
        let path = dir.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    let mut changed = bytes.clone();
    changed[150_000] ^= 1;
    let case = |name, clip: &Path, manifest: &Path, key: &str, says, code| Case {
        name,
        clip: clip.into(),
        manifest: manifest.into(),
        key: key.into(),
        says,
        code,
    };
    Ok(vec![
        case("good", &clip, &manifest, &key, &["真实完整", "GENUINE", "与清单中第 1 个文件", "缺口：1 处没有录像"], 0),
        case("no key", &clip, &manifest, "", &["签名单位待核对", "没有给出公钥"], 2),
        case("unknown key", &clip, &manifest, &"ab".repeat(32), &["签名单位待核对", "不认识的密钥"], 2),
        case(
            "changed byte",
            &file("changed.mp4", &changed)?,
            &manifest,
            &key,
            &["不能作为原始导出使用", "有字节被改动", "131072–196608"],
            1,
        ),
        case(
            "cut tail",
            &file("cut.mp4", &bytes[..200_000])?,
            &manifest,
            &key,
            &["尾部被截断", "前 196608 字节证实未改"],
            1,
        ),
        case("another clip", &file("other.mp4", &bytes[1000..90_000])?, &manifest, &key, &["不是这份清单的文件"], 1),
        case(
            "forged",
            &clip,
            &file("forged.json", text.replace("核实纠纷经过", "核实纠纷经历").as_bytes())?,
            &key,
            &["不能作为原始导出使用", "签名：无效"],
            1,
        ),
        case("no manifest", &clip, &file("none.json", b"{\"a\": 1}")?, &key, &["这不是录像导出的清单文件"], 1),
    ])
}

async fn by_page(tab: &Tab, c: &Case) -> Result<()> {
    tab.upload("#clip", &c.clip).await?;
    tab.upload("#manifest", &c.manifest).await?;
    tab.set("#key", &c.key).await?;
    tab.eval::<bool>("document.querySelector('#result').replaceChildren() ?? true").await?;
    tab.click("button", "核验").await?;
    tab.until("document.querySelector('#result .judgement') && !document.querySelector('#go').disabled").await?;
    for text in c.says {
        tab.says(text).await.with_context(|| format!("{}: {text}", c.name))?;
    }
    Ok(())
}

fn by_command(c: &Case) -> Result<()> {
    let bin =
        std::env::var_os("FENGQIAO_BIN").map_or_else(|| e2e::workspace().join("target/debug/fengqiao"), PathBuf::from);
    let mut command = Command::new(bin);
    command.arg("verify-clip").arg(&c.clip).arg(&c.manifest);
    if !c.key.is_empty() {
        command.args(["--key", &c.key]);
    }
    let out = command.output()?;
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    for says in c.says {
        ensure!(text.contains(says), "{}: no {says} in\n{text}", c.name);
    }
    ensure!(out.status.code() == Some(c.code), "{}: exit {:?} instead of {}", c.name, out.status.code(), c.code);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_disagreeing_is_said_by_the_page_and_by_the_command() -> Result<()> {
    if e2e::skipped() {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let cases = cases(dir.path())?;
    cases.iter().try_for_each(by_command)?;
    let page = e2e::workspace().join("crates/evidence/assets/verify-clip.html");
    let browser = Browser::launch().await?;
    let tab = browser.reader().await?;
    tab.open_file(&page).await?;
    for c in &cases {
        by_page(&tab, c).await.with_context(|| c.name)?;
        if let "good" | "changed byte" = c.name {
            for view in [View::Desktop, View::Phone] {
                tab.look(view).await?;
                let name = format!("clip-{}-{}.png", c.name.replace(' ', "-"), view.name());
                tab.picture(view, &e2e::pictures()?.join(name)).await?;
                ensure!(tab.overflow(view).await? == 0, "wider than the window: {}", tab.widest(view).await?);
            }
            tab.look(View::Desktop).await?;
        }
    }
    let grave: Vec<String> = tab.axe().await?.into_iter().filter(|v| v.is_grave()).map(|v| v.to_string()).collect();
    ensure!(grave.is_empty(), "{grave:?}");
    let asked: Vec<String> = tab.eval("performance.getEntriesByType('resource').map(e => e.name)").await?;
    ensure!(asked.is_empty(), "the page fetched {asked:?}");
    ensure!(tab.complaints().is_empty());
    Ok(())
}
