//! The program outside: found, asked what it can, run within limits.

use crate::blur::graph::{Fault, Region, filter};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// Encoders that will do, the best first.
const ENCODERS: [&str; 3] = ["libx264", "libopenh264", "h264_v4l2m2m"];
/// What the program says that is kept.
const SAID: u64 = 4096;

/// An ffmpeg on this machine that can write H.264.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    ffmpeg: PathBuf,
    encoder: &'static str,
    /// Sets the limits of the process, where the system has it.
    prlimit: Option<PathBuf>,
}

/// Limits of one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Then it is ended.
    pub time: Duration,
    /// Bytes of the result at most.
    pub bytes: u64,
    /// Bytes of address space at most.
    pub memory: u64,
}

impl Limits {
    /// For a film of this length: ten times as long and a minute more, 8 GB, 2 GB of memory.
    pub fn for_film(length: Duration) -> Limits {
        Limits { time: length * 10 + Duration::from_secs(60), bytes: 8 << 30, memory: 2 << 30 }
    }
}

/// A film with its regions burnt in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blurred {
    /// Length of the file.
    pub bytes: u64,
    /// Pictures in it.
    pub pictures: u64,
    /// RFC 6381.
    pub codec: String,
}

/// Why nothing was made. The original is untouched, and no part of a result stays.
#[derive(Debug, thiserror::Error)]
pub enum BlurError {
    /// No ffmpeg on the machine: then nothing may be published.
    #[error("no ffmpeg on this machine")]
    NoProgram,
    /// It has none of the encoders.
    #[error("the ffmpeg of this machine cannot write H.264")]
    NoEncoder,
    /// The regions.
    #[error("{0}")]
    Regions(#[from] Fault),
    /// Longer than the limit.
    #[error("took longer than {0:?}")]
    Time(Duration),
    /// Larger than the limit.
    #[error("the result would be larger than allowed")]
    Size,
    /// There is a file at the place of the result.
    #[error("there is already a file at the place of the result")]
    Exists,
    /// The program's own words, for the operator's log.
    #[error("ffmpeg: {0}")]
    Failed(String),
    /// The disk's.
    #[error("blur: {0}")]
    Io(#[from] io::Error),
}

impl Program {
    /// Looks at `configured`, else along `PATH`, and asks the program what it can (ten seconds at most).
    ///
    /// # Errors
    /// [`BlurError::NoProgram`] or [`BlurError::NoEncoder`]; it cannot be started or does not answer.
    pub async fn find(configured: Option<&Path>) -> Result<Program, BlurError> {
        let ffmpeg = match configured {
            Some(p) => p.is_file().then(|| p.to_path_buf()),
            None => on_path("ffmpeg"),
        };
        let ffmpeg = ffmpeg.ok_or(BlurError::NoProgram)?;
        let mut command = Command::new(&ffmpeg);
        let child = quiet(&mut command).args(["-hide_banner", "-encoders"]).stdout(Stdio::piped()).spawn()?;
        let limit = Duration::from_secs(10);
        let out = tokio::time::timeout(limit, child.wait_with_output()).await.map_err(|_| BlurError::Time(limit))??;
        let list = String::from_utf8_lossy(&out.stdout);
        let has = |name: &&&str| list.lines().any(|l| l.split_whitespace().nth(1) == Some(name));
        let encoder = ENCODERS.iter().find(has).ok_or(BlurError::NoEncoder)?;
        Ok(Program { ffmpeg, encoder, prlimit: on_path("prlimit") })
    }

    fn command(&self, limits: &Limits) -> Command {
        let Some(prlimit) = &self.prlimit else { return Command::new(&self.ffmpeg) };
        let mut c = Command::new(prlimit);
        c.arg(format!("--as={}", limits.memory))
            .arg(format!("--fsize={}", limits.bytes.saturating_add(64 << 20)))
            .arg("--core=0")
            .arg("--")
            .arg(&self.ffmpeg);
        c
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .filter(|d| d.is_absolute())
        .map(|d| d.join(name))
        .find(|p| p.is_file())
}

/// Nothing of our environment, no input, ends with us.
fn quiet(c: &mut Command) -> &mut Command {
    c.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true)
}

/// Burns the regions into the film at `from`, whose picture is `width` × `height`, and writes a new one without sound and without
/// metadata to `to`, which must not exist yet.
///
/// # Errors
/// See [`BlurError`].
pub async fn blur(
    program: &Program,
    from: &Path,
    to: &Path,
    (width, height): (u16, u16),
    regions: &[Region],
    limits: &Limits,
) -> Result<Blurred, BlurError> {
    let graph = filter(regions, width, height)?;
    if to.try_exists()? {
        return Err(BlurError::Exists);
    }
    let part = Part(to.with_extension("part"));
    let (input, output) = (named(&std::path::absolute(from)?), named(&std::path::absolute(&part.0)?));
    let mut command = program.command(limits);
    quiet(&mut command).stderr(Stdio::piped());
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-max_alloc", "268435456"]);
    command.args(["-protocol_whitelist", "file", "-f", "mov", "-threads", "2", "-i"]).arg(input);
    command.args(["-filter_complex", &graph, "-filter_complex_threads", "2", "-map", "[out]", "-an", "-sn", "-dn"]);
    command.args([
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-c:v",
        program.encoder,
        "-threads",
        "2",
        "-pix_fmt",
        "yuv420p",
    ]);
    if program.encoder == "libx264" {
        command.args(["-preset", "veryfast", "-crf", "20"]);
    } else {
        command.args(["-b:v", "4M"]);
    }
    command.args(["-fs", &limits.bytes.to_string(), "-movflags", "+faststart", "-f", "mp4"]).arg(output);
    let mut child = command.spawn()?;
    let done = tokio::time::timeout(limits.time, outcome(&mut child)).await;
    let Ok(done) = done else {
        child.kill().await?;
        return Err(BlurError::Time(limits.time));
    };
    let (good, said) = done?;
    let bytes = std::fs::metadata(&part.0).map_or(0, |m| m.len());
    // The program stops writing near this length without a word; the film would then be cut.
    if bytes >= limits.bytes - limits.bytes / 50 {
        return Err(BlurError::Size);
    }
    if !good || bytes == 0 {
        return Err(BlurError::Failed(said));
    }
    let (pictures, codec) = crate::blur::made::facts(&part.0)?;
    std::fs::File::open(&part.0)?.sync_all()?;
    // A link refuses to replace; a rename would not.
    std::fs::hard_link(&part.0, to)?;
    Ok(Blurred { bytes, pictures, codec })
}

/// `file:` keeps a name from being read as an option or as another protocol.
fn named(path: &Path) -> std::ffi::OsString {
    let mut name = std::ffi::OsString::from("file:");
    name.push(path);
    name
}

async fn outcome(child: &mut Child) -> io::Result<(bool, String)> {
    let mut said = vec![];
    if let Some(err) = child.stderr.take() {
        let mut err = err.take(1 << 20);
        (&mut err).take(SAID).read_to_end(&mut said).await?;
        tokio::io::copy(&mut err, &mut tokio::io::sink()).await?;
    }
    let status = child.wait().await?;
    Ok((status.success(), String::from_utf8_lossy(&said).trim().to_string()))
}

/// A file that goes when it is no longer needed, also on every way out.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
