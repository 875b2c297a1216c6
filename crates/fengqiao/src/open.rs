//! Opening an installation: keys, database, backup before a migration, rules.

use crate::domains;
use anyhow::{Context, bail};
use kernel::app::Settings;
use kernel::{App, Clock, Db};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use vault::{HashAlg, KeyFile, Vault, backup};

/// A file in a demo's data directory; no other command than `demo` opens such a directory for
/// `serve`, and `demo` opens no other.
pub const DEMO_MARK: &str = "DEMO";

/// The mark of a demo in its database, which goes with it into a backup.
const DEMO: &str = "demo";

/// Where data and keys are; every command takes these.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Place {
    /// 数据目录（数据库、密钥文件、审计链头）
    #[arg(long, default_value = "data", global = true)]
    pub data: PathBuf,
    /// 使用 PostgreSQL：postgres://用户:密码@主机/库；不写则用数据目录中的嵌入式数据库
    #[arg(long, global = true)]
    pub database: Option<String>,
    /// 密钥文件；不写则用数据目录中的 keys.toml。建议放在另一块盘上
    #[arg(long, global = true)]
    pub keys_file: Option<PathBuf>,
    /// 链头另存的文件（放在另一块盘或另一台机器的共享上）；不写则为数据目录中的 audit-heads.jsonl
    #[arg(long, global = true)]
    pub heads_file: Option<PathBuf>,
    /// 以哪个账号的名义；不写则记为本机操作员（连同操作系统用户名）
    #[arg(long = "as", value_name = "账号", global = true)]
    pub account: Option<String>,
    /// 升级前不自动备份（已另行备份时用）
    #[arg(long, global = true)]
    pub no_backup: bool,
}

impl Place {
    pub fn key_path(&self) -> PathBuf {
        self.keys_file.clone().unwrap_or_else(|| self.data.join("keys.toml"))
    }
    pub fn db_path(&self) -> PathBuf {
        self.data.join("fengqiao.sqlite")
    }
    /// What [`Db::open`] takes.
    pub fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.db_path().to_string_lossy().into_owned())
    }
    /// Whether there is an installation to open: nothing is made by asking.
    pub fn has_database(&self) -> bool {
        self.database.is_some() || self.db_path().exists()
    }
    pub fn is_demo(&self) -> bool {
        self.data.join(DEMO_MARK).exists()
    }
}

/// Whether the key file is made when it is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys<'a> {
    MustExist,
    /// With this suite.
    Make(&'a str),
}

/// Opens keys and database, migrates (after an encrypted backup when there is data), loads rules.
pub async fn open(place: &Place, keys: Keys<'_>, settings: Settings) -> anyhow::Result<App> {
    open_at(place, keys, settings, Clock::System).await
}

/// The same by another clock, which only a demonstration has.
pub async fn open_at(place: &Place, keys: Keys<'_>, mut settings: Settings, clock: Clock) -> anyhow::Result<App> {
    if !matches!(clock, Clock::System) && !place.is_demo() {
        bail!("只有演示数据可以用演示时钟。");
    }
    std::fs::create_dir_all(&place.data).with_context(|| format!("数据目录 {}", place.data.display()))?;
    let path = place.key_path();
    let keys = match (path.exists(), keys) {
        (true, _) => KeyFile::load(&path)?,
        (false, Keys::Make(suite)) => {
            let today = kernel::clock::day_of(Clock::System.now()).to_string();
            KeyFile::create(&path, suite, &today)?
        }
        (false, Keys::MustExist) => bail!("没有密钥文件 {}。新安装请先运行 fengqiao init。", path.display()),
    };
    settings.data = place.data.clone();
    settings.heads = place.heads_file.clone();
    let db = Db::open(&place.database(), clock, HashAlg::Sm3).await?;
    let all = domains::migrations();
    let pending = db.pending(&all).await?;
    let marked = pending.existing && db.is_marked(DEMO).await.unwrap_or(false);
    if place.is_demo() && place.database.is_some() && pending.existing && !marked {
        bail!("这个 PostgreSQL 库里有不是演示的数据，演示不会动它。请换一个空的库。");
    }
    if pending.existing && !pending.steps.is_empty() && !place.no_backup {
        let file = place.data.join(format!("{UPGRADE}{}.backup", Clock::System.now().as_second()));
        eprintln!("数据库将升级（{} 步）；先加密备份到 {}，数据多时要几分钟，请勿中断……", pending.steps.len(), file.display());
        let done = match &place.database {
            None => write_backup(&db, &keys, &place.data, &file).await,
            Some(url) => dump(url, &keys, &file),
        };
        done.context("升级前的备份没有完成，数据库未做任何改动。已另行备份的，请加 --no-backup 再运行")?;
        eprintln!("备份完成，开始升级。");
    }
    db.migrate(&all).await?;
    if place.is_demo() {
        db.mark(DEMO).await?;
    }
    settings.demo = place.is_demo() || marked;
    db.listen(domains::all().into_iter().flat_map(|d| d.listeners).collect());
    let app = App::new(db, Vault::new(keys), rulebook::shipped()?, settings);
    rulebook::load(&app).await?;
    Ok(app)
}

/// A program of PostgreSQL's client package on this database. The password goes by environment, never on the command
/// line, where every user of the machine could read it.
pub fn client(program: &str, url: &str) -> std::process::Command {
    let (open, password) = without_password(url);
    let mut c = std::process::Command::new(program);
    c.args(["--dbname", &open]);
    if let Some(p) = password {
        c.env("PGPASSWORD", p);
    }
    c
}

/// An encrypted `pg_dump` of a PostgreSQL database.
pub fn dump(url: &str, keys: &KeyFile, file: &Path) -> anyhow::Result<String> {
    use std::process::Stdio;
    let mut c = client("pg_dump", url);
    c.args(["--format=custom", "--no-owner"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = c.spawn().context("没有 pg_dump，请安装与服务器同版本的 PostgreSQL 客户端")?;
    let done = (|| -> anyhow::Result<String> {
        let mut from = BufReader::new(child.stdout.take().context("pg_dump")?);
        let mut to = BufWriter::new(std::fs::File::create_new(file)?);
        let id = backup::encrypt(keys, &mut from, &mut to)?;
        to.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?.sync_all()?;
        Ok(id)
    })();
    let status = child.wait()?;
    if done.is_err() || !status.success() {
        let _ = std::fs::remove_file(file);
    }
    if !status.success() {
        bail!("pg_dump 没有完成（{status}）");
    }
    done
}

/// `postgres://user:secret@host/db` → the address without the secret, and the secret.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.into(), None) };
    let end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else { return (url.into(), None) };
    match rest[..at].split_once(':') {
        Some((user, secret)) => (format!("{scheme}://{user}{}", &rest[at..]), Some(decoded(secret))),
        None => (url.into(), None),
    }
}

/// Percent-decoding, for a password in an address.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = vec![];
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok())).flatten();
        out.push(hex.unwrap_or(bytes[i]));
        i += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How the files of a backup before an upgrade begin, and the copies that other backups are made from.
const UPGRADE: &str = "before-upgrade-";
const BACKUP: &str = "backup-";

/// How long a copy must have lain untouched before it counts as left by a process that was killed.
const ABANDONED: std::time::Duration = std::time::Duration::from_secs(600);

/// Takes away what a start that was killed during its backup left: the unencrypted copy and the unfinished file.
fn sweep(data: &Path) {
    for copy in std::fs::read_dir(data).into_iter().flatten().flatten().map(|e| e.path()) {
        let name = copy.file_name().and_then(|n| n.to_str()).unwrap_or("");
        let idle = std::fs::metadata(&copy).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        let ours = name.starts_with(UPGRADE) || name.starts_with(BACKUP);
        if ours && name.ends_with(".copying") && idle.is_some_and(|i| i >= ABANDONED) {
            for file in [copy.with_extension("copying-journal"), copy.clone()] {
                let _ = std::fs::remove_file(file);
            }
            if name.starts_with(UPGRADE) {
                let _ = std::fs::remove_file(copy.with_extension("backup"));
            }
        }
    }
}

/// Refuses a backup for which there is no room, before anything is written.
fn must_have_room(data: &Path, file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let database = Place { data: data.into(), ..Place::default() }.db_path();
    let size: u64 = [database.clone(), database.with_extension("sqlite-wal")].iter().filter_map(|f| Some(f.metadata().ok()?.len())).sum();
    let target = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Where the place cannot be asked, writing there tells why.
    let free = |dir: &Path| rustix::fs::statvfs(dir).ok().map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    let disk = |dir: &Path| dir.metadata().ok().map(|m| m.dev());
    let (Some(here), Some(there)) = (free(data), free(target)) else { return Ok(()) };
    match lacks(size, here, there, disk(data) == disk(target)) {
        None => Ok(()),
        Some((copy_too, left)) => {
            let needed = if copy_too { "先在数据目录放一份副本，再写出加密的备份，两份" } else { "写出的一份" };
            let gb = |bytes: u64| bytes as f64 / 1e9;
            let place = if left == here { data } else { target };
            bail!("备份没有开始：{needed}各约 {:.1} GB，{} 所在的盘只剩 {:.1} GB。请腾出空间，或者把备份写到另一块盘上。", gb(size), place.display(), gb(left))
        }
    }
}

/// What a backup of `size` bytes lacks when so much is free in the data directory and at its target: whether both the copy
/// and the backup go there, and what is free. The copy is as large as the database at most, and so is what is made from it.
fn lacks(size: u64, here: u64, there: u64, one_disk: bool) -> Option<(bool, u64)> {
    match one_disk {
        true => (here < size.saturating_mul(2)).then_some((true, here)),
        false => [here, there].into_iter().find(|free| *free < size).map(|free| (false, free)),
    }
}

/// An encrypted copy of the SQLite database; the key file is never inside. The unencrypted copy that it is made from lies in
/// the data directory for that time, never beside the backup.
pub async fn write_backup(db: &Db, keys: &KeyFile, data: &Path, file: &Path) -> anyhow::Result<String> {
    if file.exists() {
        bail!("{} 已经存在，没有覆盖。请换一个文件名。", file.display());
    }
    sweep(data);
    must_have_room(data, file)?;
    let name = file.file_stem().map_or(String::new(), |n| n.to_string_lossy().into_owned());
    let mine = if name.starts_with(UPGRADE) { name } else { format!("{BACKUP}{}", std::process::id()) };
    let plain = data.join(mine).with_extension("copying");
    let _ = std::fs::remove_file(&plain);
    if let Err(e) = db.copy_into(&plain).await {
        let _ = std::fs::remove_file(&plain);
        return Err(e.into());
    }
    let done = (|| -> anyhow::Result<String> {
        let mut from = BufReader::new(std::fs::File::open(&plain)?);
        let out = std::fs::File::create_new(file)?;
        let mut to = BufWriter::new(out);
        let id = backup::encrypt(keys, &mut from, &mut to)?;
        to.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?.sync_all()?;
        Ok(id)
    })();
    let _ = std::fs::remove_file(&plain);
    if done.is_err() {
        let _ = std::fs::remove_file(file);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_backup_left_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - ABANDONED * 2;
        let names = ["before-upgrade-1.copying", "before-upgrade-1.backup", "before-upgrade-2.copying", "before-upgrade-3.backup"];
        for n in names {
            let file = std::fs::File::create(dir.path().join(n)).unwrap();
            if n.contains("-1.") {
                file.set_modified(old).unwrap();
            }
        }
        sweep(dir.path());
        let left: Vec<bool> = names.iter().map(|n| dir.path().join(n).exists()).collect();
        assert_eq!(left, [false, false, true, true]);
    }

    #[test]
    fn a_backup_needs_room_for_the_copy_and_for_itself() {
        assert_eq!(lacks(10, 20, 20, true), None);
        assert_eq!(lacks(10, 19, 19, true), Some((true, 19)));
        assert_eq!(lacks(10, 10, 10, false), None);
        assert_eq!(lacks(10, 9, 50, false), Some((false, 9)));
        assert_eq!(lacks(10, 50, 3, false), Some((false, 3)));
        let dir = tempfile::tempdir().unwrap();
        let database = std::fs::File::create(dir.path().join("fengqiao.sqlite")).unwrap();
        assert!(must_have_room(dir.path(), &dir.path().join("x.backup")).is_ok());
        // A file with a hole: long, and nothing on the disk.
        database.set_len(1 << 42).unwrap();
        let said = must_have_room(dir.path(), &dir.path().join("x.backup")).unwrap_err().to_string();
        assert!(said.contains("备份没有开始") && said.contains("各约 4398.0 GB"), "{said}");
    }

    #[test]
    fn a_password_in_an_address_is_taken_out_of_it() {
        let of = |u: &str| without_password(u);
        assert_eq!(of("postgres://fq:a%40b@db:5432/x?y=1"), ("postgres://fq@db:5432/x?y=1".into(), Some("a@b".into())));
        assert_eq!(of("postgres://fq@db/x"), ("postgres://fq@db/x".into(), None));
        assert_eq!(of("postgres://db/x@y:z"), ("postgres://db/x@y:z".into(), None));
    }
}
