//! A throw-away PostgreSQL from Debian's package: loopback only, no fsync, gone at the end.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running server; stopped and removed when dropped.
pub struct Server {
    bin: PathBuf,
    dir: PathBuf,
    port: u16,
}

fn newest_bin() -> Result<PathBuf, String> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map_err(|e| format!("/usr/lib/postgresql: {e}"))?
        .filter_map(|d| Some(d.ok()?.path().join("bin")))
        .filter(|p| p.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| "no PostgreSQL server under /usr/lib/postgresql".into())
}

/// PostgreSQL refuses to run as root, so root runs it as the package's own user.
fn as_user(program: &Path, args: &[&str]) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if root {
        let mut c = Command::new("runuser");
        c.args(["-u", "postgres", "--"]).arg(program).args(args);
        c
    } else {
        let mut c = Command::new(program);
        c.args(args);
        c
    }
}

fn run(mut c: Command, what: &str) -> Result<(), String> {
    let out = c.current_dir("/tmp").output().map_err(|e| format!("{what}: {e}"))?;
    if out.status.success() {
        return Ok(());
    }
    Err(format!("{what} failed:\n{}", String::from_utf8_lossy(&out.stderr)))
}

impl Server {
    /// A fresh cluster on a free port.
    pub fn start() -> Result<Server, String> {
        let bin = newest_bin()?;
        let dir = std::env::temp_dir().join(format!("fengqiao-pg-{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let _ = Command::new("chown").args(["postgres", &dir.to_string_lossy()]).status();
        let data = dir.join("data");
        let data_text = data.to_string_lossy().to_string();
        run(
            as_user(&bin.join("initdb"), &["-D", &data_text, "--locale=C.UTF-8", "-E", "UTF8", "-A", "trust", "-U", "fengqiao", "--no-sync"]),
            "initdb",
        )?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let log = dir.join("log").to_string_lossy().to_string();
        // Hundreds of schemas of a minute each: nothing need outlive it, be tidied up or be compiled.
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=400 \
             -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
             -c max_wal_size=8GB -c checkpoint_timeout=1h -c autovacuum=off -c jit=off",
            dir.display()
        );
        // pg_ctl leaves a server behind that keeps open pipes, so its output goes nowhere.
        let mut c = as_user(&bin.join("pg_ctl"), &["-D", &data_text, "-l", &log, "-o", &options, "-w", "start"]);
        let status = c
            .current_dir("/tmp")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .map_err(|e| format!("pg_ctl: {e}"))?;
        let server = Server { bin, dir, port };
        if status.success() {
            return Ok(server);
        }
        Err(format!("pg_ctl start failed; see {log}"))
    }

    /// Seconds of processor time of the server and all its processes so far.
    pub fn spent(&self) -> f64 {
        let head = fs::read_to_string(self.dir.join("data/postmaster.pid")).ok();
        head.and_then(|text| text.lines().next()?.trim().parse().ok()).map_or(0.0, crate::spent::family)
    }

    /// The address of the default database.
    pub fn url(&self) -> String {
        format!("postgres://fengqiao@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.dir.join("data").to_string_lossy().to_string();
        let _ = run(as_user(&self.bin.join("pg_ctl"), &["-D", &data, "-m", "immediate", "stop"]), "pg_ctl stop");
        let _ = fs::remove_dir_all(&self.dir);
    }
}
