//! Chromium: one process per test file, one context (own cookies and storage) per person.

use crate::{Server, Tab};
use anyhow::{Context, Result, bail};
use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::handler::HandlerConfig;
use futures::StreamExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
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
    inner: chromiumoxide::Browser,
    reader: JoinHandle<()>,
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
        let config = HandlerConfig { viewport: None, ..HandlerConfig::default() };
        let (inner, mut handler) = chromiumoxide::Browser::connect_with_config(address, config).await?;
        let reader = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Ok(Browser { inner, reader, process })
    }

    /// A new person: a context of their own with one tab at the server's address.
    pub async fn person(&self, server: &Server) -> Result<Tab> {
        let context = self.inner.create_browser_context(CreateBrowserContextParams::default()).await?;
        self.tab(server, context).await
    }

    /// Another tab of the same person.
    pub async fn beside(&self, server: &Server, tab: &Tab) -> Result<Tab> {
        self.tab(server, tab.context.clone()).await
    }

    /// The directory into which this person's downloads go from now on.
    pub async fn downloads(&self, tab: &Tab) -> Result<PathBuf> {
        let dir = self.process.profile.path().join(format!("downloads-{}", tab.context.inner()));
        std::fs::create_dir_all(&dir)?;
        let params = SetDownloadBehaviorParams::builder()
            .behavior(SetDownloadBehaviorBehavior::Allow)
            .browser_context_id(tab.context.clone())
            .download_path(dir.display().to_string())
            .build()
            .map_err(anyhow::Error::msg)?;
        self.inner.execute(params).await?;
        Ok(dir)
    }

    async fn tab(&self, server: &Server, context: BrowserContextId) -> Result<Tab> {
        let params = CreateTargetParams::builder()
            .url("about:blank")
            .browser_context_id(context.clone())
            .build()
            .map_err(anyhow::Error::msg)?;
        Tab::new(self.inner.new_page(params).await?, context, &server.base).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.reader.abort();
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
