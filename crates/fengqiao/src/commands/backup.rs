//! `fengqiao backup` and `fengqiao restore`: the whole database as one encrypted file, and back.
//!
//! What comes back is looked at before it stands where it belongs: a backup that is cut, changed, made by a later program or
//! of the other engine is refused, and nothing of it stays. Who restored is the newest entry of the restored chain.

use super::named::{acting, told};
use crate::domains;
use crate::open::{DEMO_MARK, Keys, Place, client, dump, open, write_backup};
use anyhow::{Context, bail};
use kernel::app::Settings;
use kernel::{Permission, Purpose};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use vault::{KeyFile, backup};

/// `fengqiao backup`: recorded like every other deed, in the copy as well.
pub async fn write(place: Place, file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!("{} 已经存在，没有覆盖。请换一个文件名。", file.display());
    }
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, &place).await?;
    actor.must(Permission::SystemRun)?;
    let keys = KeyFile::load(&place.key_path())?;
    told(&app, &actor, "backup.write", Purpose::Administration, "").await?;
    let spinner = indicatif::ProgressBar::new_spinner().with_message("正在复制和加密");
    spinner.enable_steady_tick(std::time::Duration::from_millis(200));
    let id = match &place.database {
        None => write_backup(app.db(), &keys, &place.data, file).await?,
        Some(url) => dump(url, &keys, file)?,
    };
    spinner.finish_and_clear();
    app.db().close().await;
    println!("已加密备份到 {}（备份密钥 {id}）。恢复时需要含有这把密钥的密钥文件。", file.display());
    Ok(())
}

/// What may lie in the directory into which a backup is restored: keys, the backup itself, the heads to compare with.
fn may_lie_there(name: &str) -> bool {
    [".toml", ".backup", ".fqb"].iter().any(|end| name.ends_with(end)) || name == "audit-heads.jsonl" || name == "lost+found"
}

/// Refuses a directory with data of an installation in it.
fn must_be_empty(place: &Place) -> anyhow::Result<()> {
    let names = std::fs::read_dir(&place.data).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    match names.into_iter().find(|n| n == DEMO_MARK || !may_lie_there(n)) {
        None => Ok(()),
        Some(n) => bail!("{} 里已经有 {n}，没有覆盖。请用 --data 指定一个空目录；要替换现有数据，先停止服务，把原目录改名保留。", place.data.display()),
    }
}

/// The key file, which must hold the key that the backup names.
fn keys_for(place: &Place, file: &Path) -> anyhow::Result<(KeyFile, String)> {
    let mut from = BufReader::new(File::open(file).with_context(|| format!("打不开备份 {}，请核对路径", file.display()))?);
    let needed = backup::key_of(&mut from).with_context(|| format!("{} 不是完整的枫桥备份，请换一份", file.display()))?;
    let path = place.key_path();
    if !path.exists() {
        bail!("这份备份需要备份密钥 {needed}：请用 --keys-file 指定含有它的密钥文件。");
    }
    let keys = KeyFile::load(&path)?;
    if !keys.describe().iter().any(|k| k.id == needed) {
        bail!("这份备份需要备份密钥 {needed}，{} 里没有它：请用 --keys-file 指定含有它的密钥文件。", path.display());
    }
    Ok((keys, needed))
}

fn decrypt(keys: &KeyFile, needed: &str, place: &Place, file: &Path, to: &Path) -> anyhow::Result<()> {
    let mut from = BufReader::new(File::open(file)?);
    let mut out = BufWriter::new(File::create_new(to)?);
    backup::decrypt(keys, &mut from, &mut out).with_context(|| {
        format!(
            "{} 里名为 {needed} 的密钥解不开这份备份：要么备份文件损坏或不完整（请换一份），要么这是另一处安装的密钥（编号只有日期和序号，会相同）",
            place.key_path().display()
        )
    })?;
    out.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?.sync_all()?;
    let mut head = [0; 5];
    let read = File::open(to)?.read(&mut head)?;
    match (&head[..read] == b"PGDMP", place.database.is_some()) {
        (true, false) => bail!("这是 PostgreSQL 的备份：请加 --database postgres://…，写明一个空的数据库。"),
        (false, true) => bail!("这是嵌入式数据库的备份：请去掉 --database，恢复到 --data 指定的空目录。"),
        _ => Ok(()),
    }
}

/// A folder inside the data directory in which a backup becomes a database; gone when it was not taken over.
struct Workshop(PathBuf);

impl Workshop {
    fn open(data: &Path) -> anyhow::Result<Workshop> {
        let dir = data.join(format!(".restoring-{}", std::process::id()));
        std::fs::create_dir_all(&dir).with_context(|| format!("不能在 {} 里写，请核对权限", data.display()))?;
        Ok(Workshop(dir))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `fengqiao restore`: into a directory, or a PostgreSQL database, without data.
pub async fn restore(place: Place, file: &Path) -> anyhow::Result<()> {
    must_be_empty(&place)?;
    let (keys, needed) = keys_for(&place, file)?;
    let shop = Workshop::open(&place.data)?;
    match &place.database {
        None => embedded(&place, &keys, &needed, file, &shop).await?,
        Some(url) => postgres(&place, url, &keys, &needed, file, &shop).await?,
    }
    let at = place.database.as_deref().map_or_else(|| place.db_path().display().to_string(), |_| "这个 PostgreSQL 库".into());
    println!("已恢复到 {at}（备份密钥 {needed}），由谁恢复已记入审计链。\n接下来：fengqiao audit verify --data {} 核对审计链，再启动服务。", place.data.display());
    Ok(())
}

async fn embedded(place: &Place, keys: &KeyFile, needed: &str, file: &Path, shop: &Workshop) -> anyhow::Result<()> {
    let inside = Place { data: shop.0.clone(), keys_file: Some(place.key_path()), ..place.clone() };
    decrypt(keys, needed, place, file, &inside.db_path())?;
    enter(&inside, file).await?;
    for made in std::fs::read_dir(&shop.0)?.flatten() {
        std::fs::rename(made.path(), place.data.join(made.file_name()))?;
    }
    Ok(())
}

/// Opens what was restored, which migrates it and refuses a later version, and writes who restored it.
async fn enter(place: &Place, file: &Path) -> anyhow::Result<()> {
    let app = open(place, Keys::MustExist, Settings::default()).await?;
    let done = async {
        let actor = acting(&app, place).await?;
        actor.must(Permission::SystemRun)?;
        let name = file.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
        told(&app, &actor, "backup.restore", Purpose::Administration, &name).await
    };
    let done = done.await;
    app.db().close().await;
    done
}

async fn postgres(place: &Place, url: &str, keys: &KeyFile, needed: &str, file: &Path, shop: &Workshop) -> anyhow::Result<()> {
    const TABLES: &str = "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
    if run(client("psql", url).args(["-At", "-c", TABLES]))?.trim() != "0" {
        bail!("这个 PostgreSQL 库里已经有数据，没有覆盖。请建立一个空的库。");
    }
    let plain = shop.0.join("fengqiao.dump");
    decrypt(keys, needed, place, file, &plain)?;
    kernel::migrate::must_know(&domains::migrations(), &applied(&plain)?)?;
    let mut c = client("pg_restore", url);
    run(c.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]).arg(&plain))?;
    let done = enter(place, file).await;
    if done.is_err() {
        // It was empty before.
        run(client("psql", url).args(["-q", "-c", "drop schema public cascade; create schema public"]))?;
    }
    done
}

/// The migrations that a dump has behind it, read from the dump itself.
fn applied(dump: &Path) -> anyhow::Result<Vec<(String, i64, String)>> {
    let mut c = std::process::Command::new("pg_restore");
    let text = run(c.args(["--data-only", "--table=kernel_migration", "-f", "-"]).arg(dump))?;
    let row = |line: &str| {
        let mut cells = line.split('\t');
        Some((cells.next()?.to_string(), cells.next()?.parse().ok()?, cells.next()?.to_string()))
    };
    Ok(text.lines().skip_while(|l| !l.starts_with("COPY ")).skip(1).take_while(|l| *l != "\\.").filter_map(row).collect())
}

/// Runs a program of PostgreSQL to its end; what it wrote.
fn run(c: &mut std::process::Command) -> anyhow::Result<String> {
    let name = c.get_program().to_string_lossy().into_owned();
    let out = c.stdin(Stdio::null()).output().with_context(|| format!("没有 {name}，请安装与服务器同版本的 PostgreSQL 客户端"))?;
    if !out.status.success() {
        bail!("{name} 没有完成：{}", String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
