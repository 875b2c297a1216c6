//! The program under test: `fengqiao demo` on a throw-away data directory.

use anyhow::{Context, Result, anyhow, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long filling the demonstration may take on a slow machine.
const START: Duration = Duration::from_secs(240);

/// One line of `demo-accounts.txt`.
#[derive(Clone, Debug)]
pub struct Account {
    /// The role's Chinese label.
    pub role: String,
    pub account: String,
    pub password: String,
    pub name: String,
    pub unit: String,
}

/// A running demonstration. Dropping it ends the process and removes the data.
pub struct Server {
    /// `http://127.0.0.1:<port>`
    pub base: String,
    pub accounts: Vec<Account>,
    child: Child,
    data: tempfile::TempDir,
}

impl Server {
    /// Starts the binary and waits until it answers `/healthz`.
    pub fn start() -> Result<Server> {
        Server::start_by(false)
    }

    /// The same, and its clock can be set forward by [`Server::set_clock`].
    pub fn start_with_clock() -> Result<Server> {
        Server::start_by(true)
    }

    fn start_by(clock: bool) -> Result<Server> {
        let bin = binary();
        if !bin.is_file() {
            bail!("{} is not there; run `cargo xt test`, or build fengqiao and set FENGQIAO_BIN", bin.display());
        }
        let data = tempfile::tempdir()?;
        let filled = filled(&bin)?;
        copy(&filled, &data.path().join("data"))?;
        Server::on(&bin, data, clock)
    }

    /// The binary on the directory `data` inside `data`, filled by it when it is not there.
    fn on(bin: &Path, data: tempfile::TempDir, clock: bool) -> Result<Server> {
        let mut server = Server::run(bin, data, "demo", clock)?;
        let list = server.data.path().join("data/demo-accounts.txt");
        let text = std::fs::read_to_string(&list).with_context(|| format!("no {}", list.display()))?;
        server.accounts = text.lines().filter_map(account).collect();
        Ok(server)
    }

    /// `init` and `serve` on an empty directory: a station before its first day, and the paths of the one-time links for
    /// the three administrators.
    pub fn fresh() -> Result<(Server, Vec<String>)> {
        let bin = binary();
        let data = tempfile::tempdir()?;
        let out = Command::new(&bin).arg("init").arg("--data").arg(data.path().join("data")).output()?;
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        if !out.status.success() {
            bail!("init: {said}{}", String::from_utf8_lossy(&out.stderr));
        }
        let links = said.split_whitespace().filter(|w| w.starts_with("/setup/")).map(str::to_string).collect();
        Ok((Server::run(&bin, data, "serve", false)?, links))
    }

    /// Runs a command of the binary that serves, and waits until it answers.
    fn run(bin: &Path, data: tempfile::TempDir, what: &str, clock: bool) -> Result<Server> {
        let host = format!("127.0.0.1:{}", free_port()?);
        let log = File::create(data.path().join("server.log"))?;
        let mut command = Command::new(bin);
        if clock {
            command.env("FENGQIAO_DEMO_CLOCK", data.path().join("clock"));
        }
        let child = command
            .arg(what)
            .arg("--data")
            .arg(data.path().join("data"))
            .args(["--listen", &host])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", bin.display()))?;
        // From here on Drop ends the process, whatever happens.
        let mut server = Server { base: format!("http://{host}"), accounts: vec![], child, data };
        server.wait(&host)?;
        Ok(server)
    }

    /// Ends the process and keeps what it wrote.
    fn stop(mut self) -> Result<tempfile::TempDir> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(std::mem::replace(&mut self.data, tempfile::tempdir()?))
    }

    /// Ends the process as a loss of power does (SIGKILL) and starts the program again on what it left.
    pub fn killed_and_started(self) -> Result<Server> {
        let bin = binary();
        let data = self.stop()?;
        Server::on(&bin, data, false)
    }

    /// The account of this name, e.g. `zy.mj1`.
    pub fn account(&self, name: &str) -> Result<&Account> {
        self.accounts.iter().find(|a| a.account == name).ok_or_else(|| anyhow!("the demo has no account {name}"))
    }

    /// Sets the clock of a server started with one forward to a moment (`2026-12-01T19:30:00+08:00`).
    pub async fn set_clock(&self, moment: &str) -> Result<()> {
        let (file, fresh) = (self.data.path().join("clock"), self.data.path().join("clock.new"));
        std::fs::write(&fresh, moment)?;
        std::fs::rename(&fresh, &file)?;
        for _ in 0..400 {
            if !file.exists() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        bail!("the server did not take the moment {moment}:\n{}", self.log())
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// What the server has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("server.log")).unwrap_or_default()
    }

    fn wait(&mut self, host: &str) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended ({status}):\n{}", self.log());
            }
            if healthy(host) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        bail!("the server did not answer /healthz within {START:?}:\n{}", self.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> PathBuf {
    std::env::var_os("FENGQIAO_BIN").map_or_else(|| crate::workspace().join("target/debug/fengqiao"), PathBuf::from)
}

/// A demonstration that this very binary filled, made once and copied by every test: filling it takes most of a
/// minute unoptimised. Lives in `target/e2e/filled`, under a name that changes with the binary; older ones go.
fn filled(bin: &Path) -> Result<PathBuf> {
    let of = bin.metadata()?;
    let age = of.modified()?.duration_since(std::time::UNIX_EPOCH)?.as_nanos();
    let room = crate::pictures()?.join("filled");
    std::fs::create_dir_all(&room)?;
    let lock = File::create(room.join("lock"))?;
    lock.lock()?;
    let ready = room.join(format!("{age}-{}", of.len()));
    if !ready.is_dir() {
        for old in std::fs::read_dir(&room)?.flatten().filter(|e| e.path().is_dir()) {
            std::fs::remove_dir_all(old.path())?;
        }
        let server = Server::on(bin, tempfile::tempdir_in(&room)?, false)?;
        let made = server.stop()?;
        std::fs::rename(made.path().join("data"), &ready)?;
    }
    Ok(ready)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn account(line: &str) -> Option<Account> {
    let mut parts = line.split('\t').map(|p| p.trim().to_string());
    Some(Account {
        role: parts.next()?,
        account: parts.next()?,
        password: parts.next()?,
        name: parts.next()?,
        unit: parts.next().unwrap_or_default(),
    })
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn healthy(host: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|a| a.starts_with("HTTP/1.1 200"))
}
