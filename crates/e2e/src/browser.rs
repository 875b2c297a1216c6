//! Chromium: one process per test file, one context (own cookies and storage) per person.

use crate::devtools::{self, Devtools};
use crate::{Server, Tab};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    // WebGL in software, for the map.
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
    "--mute-audio",
    "--lang=zh-CN",
    "--remote-debugging-port=0",
];

/// A running Chromium. Dropping it ends the process and removes the profile.
pub struct Browser {
    devtools: Arc<Devtools>,
    process: Process,
}

/// The process with its profile directory.
struct Process {
    child: Child,
    profile: tempfile::TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Starts Chromium with a fresh profile and connects to it.
    pub async fn launch() -> Result<Browser> {
        let bin =
            std::env::var_os("FENGQIAO_CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
        if !bin.is_file() {
            bail!("no Chromium at {}; run `cargo xt test`, which installs it", bin.display());
        }
        let profile = tempfile::tempdir()?;
        let child = Command::new(&bin)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("LANGUAGE", "zh_CN")
            .env("TZ", "Asia/Shanghai")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", bin.display()))?;
        let mut process = Process { child, profile };
        let address = process.address().await?;
        Ok(Browser { devtools: Devtools::connect(&address).await?, process })
    }

    /// A new person: a context of their own with one tab at the server's address.
    pub async fn person(&self, server: &Server) -> Result<Tab> {
        let answer = self.devtools.call(None, "Target.createBrowserContext", json!({})).await?;
        let context = devtools::text(&answer, "/browserContextId").context("no context")?;
        self.tab(&server.base, &context).await
    }

    /// Somebody without a server, for files on the disk.
    pub async fn reader(&self) -> Result<Tab> {
        let answer = self.devtools.call(None, "Target.createBrowserContext", json!({})).await?;
        let context = devtools::text(&answer, "/browserContextId").context("no context")?;
        self.tab("", &context).await
    }

    /// Another tab of the same person.
    pub async fn beside(&self, server: &Server, tab: &Tab) -> Result<Tab> {
        self.tab(&server.base, &tab.context).await
    }

    /// The directory into which this person's downloads go from now on.
    pub async fn downloads(&self, tab: &Tab) -> Result<PathBuf> {
        let dir = self.process.profile.path().join(format!("downloads-{}", tab.context));
        std::fs::create_dir_all(&dir)?;
        let params = json!({ "behavior": "allow", "browserContextId": tab.context, "downloadPath": dir });
        self.devtools.call(None, "Browser.setDownloadBehavior", params).await?;
        Ok(dir)
    }

    async fn tab(&self, base: &str, context: &str) -> Result<Tab> {
        let params = json!({ "url": "about:blank", "browserContextId": context });
        let answer = self.devtools.call(None, "Target.createTarget", params).await?;
        let target = devtools::text(&answer, "/targetId").context("no tab")?;
        Tab::new(self.devtools.clone(), &target, context, base).await
    }
}

impl Process {
    /// The address of the debugging socket, from the file that Chromium writes into its profile.
    async fn address(&mut self) -> Result<String> {
        let file = self.profile.path().join("DevToolsActivePort");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait()? {
                bail!("Chromium ended at once ({status})");
            }
            if let Some(address) = read_address(&file) {
                return Ok(address);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("Chromium did not open its debugging port")
    }
}

fn read_address(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let (port, path) = text.trim().split_once('\n')?;
    Some(format!("ws://127.0.0.1:{port}{path}"))
}
