//! The program under drill: one process on one data directory.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take.
const START: Duration = Duration::from_secs(240);

/// A running server. Dropping it ends the process at once.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub at: SocketAddr,
    /// From starting the process to the first good answer of `/healthz`.
    pub start: Duration,
    log: PathBuf,
}

/// The built binary: `FENGQIAO_BIN`, or the one of this build's profile.
pub fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let profile = own.ancestors().find(|p| p.ends_with("debug") || p.ends_with("release"));
    let path = match std::env::var_os("FENGQIAO_BIN") {
        Some(p) => PathBuf::from(p),
        None => profile.context("not run from a target directory; set FENGQIAO_BIN")?.join("fengqiao"),
    };
    if path.is_file() { Ok(path) } else { bail!("{} is not there; build fengqiao first", path.display()) }
}

impl Server {
    /// Runs `fengqiao <mode> --data <data> --listen <free port>` and waits until it answers.
    pub async fn start(bin: &Path, mode: &str, data: &Path) -> Result<Server> {
        let at = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = data.with_extension("log");
        let out = File::create(&log)?;
        let begun = Instant::now();
        let child = Command::new(bin)
            .arg(mode)
            .arg("--data")
            .arg(data)
            .arg("--listen")
            .arg(at.to_string())
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("cannot start {}", bin.display()))?;
        let mut server = Server { child, at, start: Duration::ZERO, log };
        while begun.elapsed() < START {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}):\n{}", server.log());
            }
            let ask = async { crate::client::Client::new(at).get("/healthz").await };
            if ask.await.is_ok_and(|r| r.status == 200) {
                server.start = begun.elapsed();
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("no answer within {START:?}:\n{}", server.log())
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Memory in use, in bytes, from `/proc` (0 where there is none).
    pub fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
