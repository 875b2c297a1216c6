//! The commands besides `serve`.

pub mod clip;
pub mod figures;
pub mod import;

use crate::open::{DEMO_MARK, Keys, dump, open, write_backup};
use crate::{Place, serve};
use anyhow::{Context, bail};
use kernel::app::Settings;
use kernel::{Actor, Clock, Permission, Purpose};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use vault::{KeyFile, KeyKind, backup};

/// `fengqiao audit …`
#[derive(clap::Subcommand)]
pub enum AuditCommand {
    /// 逐条重算审计链并核对已签名的链头
    Verify {
        /// 库外保存的链头文件；不写则用 --heads-file 指定的，再不然用数据目录中的 audit-heads.jsonl
        #[arg(long)]
        heads: Option<PathBuf>,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 现在就签名所有链头，并打印当日根
    Sign,
}

/// `fengqiao keys …`
#[derive(clap::Subcommand)]
pub enum KeysCommand {
    /// 列出密钥编号、日期与算法（从不显示密钥）
    List,
    /// 换一把新密钥：data、head 或 backup；旧的仍可读
    Rotate { kind: String },
    /// 打印公钥：链头签名和录像导出签名
    Public,
}

/// The operator at the machine, by the account of the operating system: asked of the system, since the environment can
/// say anything. Only root's word is taken for who called `sudo`.
fn local() -> Actor {
    let user = whoami::username().unwrap_or_else(|_| "unknown".into());
    match std::env::var("SUDO_USER") {
        Ok(caller) if user == "root" && !caller.is_empty() => Actor::local(&format!("root（{caller}）")),
        _ => Actor::local(&user),
    }
}

/// The person on whose behalf a command runs: a named account, or the operator at the machine.
pub async fn acting(app: &kernel::App, account: Option<&str>) -> anyhow::Result<Actor> {
    let Some(account) = account else { return Ok(local()) };
    let look = app.look(&local(), "identity.acting", Purpose::Administration);
    let today = app.today();
    let (user, mut actor) = app
        .db()
        .read(&look, async |r: &mut kernel::Reader| {
            let Some(user) = identity::store::by_account(r, account).await? else { return Ok(None) };
            let actor = identity::actor_of(r, &user, today).await?;
            Ok(Some((user, actor)))
        })
        .await?
        .with_context(|| format!("没有账号 {account}"))?;
    if user.is_disabled() {
        bail!("账号 {account} 已停用。");
    }
    if user.locked_until.is_some_and(|t| t > app.now()) {
        bail!("账号 {account} 因多次输错密码暂时锁定。");
    }
    actor.os_user = local().os_user;
    Ok(actor)
}

/// A progress bar on standard error; nothing is drawn when that is not a terminal.
pub fn bar(all: u64, what: &'static str) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} 约剩 {eta}");
    indicatif::ProgressBar::new(all).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar())).with_message(what)
}

/// `fengqiao demo`: fills an empty directory through the same actions as a user's clicks, then
/// serves on loopback.
pub async fn demo(place: Place, listen: &str) -> anyhow::Result<()> {
    let at: std::net::SocketAddr = listen.parse().with_context(|| format!("监听地址 {listen}"))?;
    if !at.ip().is_loopback() {
        bail!("演示只能在本机访问，请用 127.0.0.1。");
    }
    let mark = place.data.join(DEMO_MARK);
    let empty = !place.data.exists() || place.data.read_dir().is_ok_and(|mut d| d.next().is_none());
    if !empty && !mark.exists() {
        bail!("{} 里有不是演示的数据，演示不会动它。请用 --data 指定另一个目录。", place.data.display());
    }
    std::fs::create_dir_all(&place.data)?;
    let fresh = empty || !place.data.join("demo-accounts.txt").exists();
    if fresh {
        std::fs::write(&mark, "演示数据：人员、地址与事件均为虚构。\n")?;
    }
    let app = open(&place, Keys::Make("sm"), Settings { public_url: format!("http://{at}"), ..Settings::default() }).await?;
    let accounts_file = place.data.join("demo-accounts.txt");
    if fresh {
        eprintln!("正在生成演示数据……");
        let began = std::time::Instant::now();
        let bar = bar(0, "演示数据");
        let accounts = demo::fill(&app, &|done, all, _| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })
        .await?;
        bar.finish_and_clear();
        eprintln!("演示数据已生成，用时 {:.1} 秒。", began.elapsed().as_secs_f32());
        let lines: Vec<String> = accounts
            .iter()
            .map(|a| format!("{}\t{}\t{}\t{}\t{}", a.role.label(), a.account, a.password, a.name, a.unit))
            .collect();
        std::fs::write(&accounts_file, lines.join("\n"))?;
    }
    let listener = tokio::net::TcpListener::bind(at).await.with_context(|| format!("监听 {at}"))?;
    println!("\n演示账号（角色 / 账号 / 密码 / 姓名 / 单位）：");
    for line in std::fs::read_to_string(&accounts_file)?.lines() {
        println!("  {line}");
    }
    println!("\n枫桥演示已启动：http://{}", listener.local_addr()?);
    println!("群众入口：http://{}/p", listener.local_addr()?);
    // They play as long as the server runs.
    let sim = demo::cameras::play(&app).await?;
    let options = serve::Options { ring: Some(place.data.join("ring")), keys: Some(place.key_path()), ..serve::Options::default() };
    let done = serve::run(app, listener, options).await;
    drop(sim);
    done
}

/// `fengqiao init`
pub async fn init(place: Place, suite: &str) -> anyhow::Result<()> {
    if place.is_demo() {
        bail!("{} 是演示数据。请用 --data 指定另一个目录。", place.data.display());
    }
    let app = open(&place, Keys::Make(suite), Settings::default()).await?;
    let links = identity::actions::init_links(&app, &local()).await?;
    println!("已建立。请把密钥文件 {} 另存到安全的地方，它不在备份里。", place.key_path().display());
    println!("\n三名管理员的一次性设置链接（24 小时内有效，三人各用一条）：");
    for (role, path) in links {
        println!("  {:<8}{path}", role.label());
    }
    println!("\n接下来：fengqiao serve --data {}", place.data.display());
    app.db().close().await;
    Ok(())
}

/// `fengqiao audit …`
pub async fn audit(place: Place, what: AuditCommand) -> anyhow::Result<()> {
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let default = kernel::verify::heads_file(app.settings());
    let actor = acting(&app, place.account.as_deref()).await?;
    match what {
        AuditCommand::Sign => {
            actor.must(Permission::AuditVerify)?;
            let n = kernel::verify::sign_heads(&app, &default).await?;
            let seals = if default.exists() { kernel::verify::read_heads(&default)? } else { vec![] };
            println!("签名 {n} 条链的链头，写入 {}", default.display());
            println!("当日根：{}", kernel::verify::printed_root(&seals, app.now()));
        }
        AuditCommand::Verify { heads, json } => {
            actor.must(Permission::AuditVerify)?;
            let act = app.act(&actor, "audit.verify", Purpose::Audit, app.fresh_command());
            app.db()
                .write(&act, async |tx: &mut kernel::Tx| {
                    tx.record("audit.verify", &[], "");
                    Ok(())
                })
                .await?;
            let act = app.look(&actor, "audit.verify", Purpose::Audit);
            let file = heads.or_else(|| default.exists().then_some(default));
            let v = kernel::verify::verify(&app, &act, file.as_deref()).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&v)?);
            } else if v.is_whole() {
                println!("审计链完整：{} 条链，{} 条记录，{} 个已签名链头，其中库外 {} 个。", v.chains, v.entries, v.seals, v.outside);
                if v.outside == 0 {
                    println!("注意：没有库外的链头可以核对，链尾被截断或整条链重新计算过都看不出来。请用 --heads 指定另存的链头文件。");
                }
            } else {
                for f in &v.findings {
                    println!("链 {} 第 {} 条 [{}] {}", f.chain, f.seq, f.kind, f.says);
                }
            }
            app.db().close().await;
            if !v.is_whole() {
                bail!("发现 {} 处不符，请保全数据库与链头文件。", v.findings.len());
            }
            return Ok(());
        }
    }
    app.db().close().await;
    Ok(())
}

/// `fengqiao backup`: recorded like every other deed, in the copy as well.
pub async fn backup(place: Place, file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!("{} 已经存在，没有覆盖。", file.display());
    }
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, place.account.as_deref()).await?;
    actor.must(Permission::SystemRun)?;
    let keys = KeyFile::load(&place.key_path())?;
    let act = app.act(&actor, "backup.write", Purpose::Administration, app.fresh_command());
    app.db()
        .write(&act, async |tx: &mut kernel::Tx| {
            tx.record("backup.write", &[], "");
            Ok(())
        })
        .await?;
    let spinner = indicatif::ProgressBar::new_spinner().with_message("正在复制和加密");
    spinner.enable_steady_tick(std::time::Duration::from_millis(200));
    let id = match &place.database {
        None => write_backup(app.db(), &keys, file).await?,
        Some(url) => dump(url, &keys, file)?,
    };
    spinner.finish_and_clear();
    app.db().close().await;
    println!("已加密备份到 {}（备份密钥 {id}）。恢复时需要含有这把密钥的密钥文件。", file.display());
    Ok(())
}

/// `fengqiao restore`: into a directory without a database. A backup of PostgreSQL becomes a file for
/// `pg_restore`.
pub fn restore(place: Place, file: &Path) -> anyhow::Result<()> {
    let target = if place.database.is_some() { place.data.join("fengqiao.dump") } else { place.db_path() };
    if target.exists() {
        bail!("{} 已经存在，没有覆盖。请恢复到空目录。", target.display());
    }
    let mut from = BufReader::new(std::fs::File::open(file).with_context(|| format!("备份 {}", file.display()))?);
    let needed = backup::key_of(&mut from)?;
    let path = place.key_path();
    if !path.exists() {
        bail!("这份备份需要备份密钥 {needed}：请用 --keys-file 指定含有它的密钥文件。");
    }
    let keys = KeyFile::load(&path)?;
    if !keys.describe().iter().any(|k| k.id == needed) {
        bail!("这份备份需要备份密钥 {needed}，{} 里没有它：请用 --keys-file 指定含有它的密钥文件。", path.display());
    }
    std::fs::create_dir_all(&place.data)?;
    let temporary = target.with_extension("restoring");
    let mut from = BufReader::new(std::fs::File::open(file)?);
    let done = (|| -> anyhow::Result<()> {
        let mut to = BufWriter::new(std::fs::File::create(&temporary)?);
        backup::decrypt(&keys, &mut from, &mut to).with_context(|| {
            format!(
                "{} 里名为 {needed} 的密钥解不开这份备份：要么备份文件损坏，要么这是另一处安装的密钥（编号只有日期和序号，会相同）",
                path.display()
            )
        })?;
        to.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?.sync_all()?;
        Ok(std::fs::rename(&temporary, &target)?)
    })();
    if done.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    done?;
    if place.database.is_some() {
        println!("已解密到 {}（密钥 {needed}）。请建立空的数据库，再运行 pg_restore --no-owner --dbname <地址> {}", target.display(), target.display());
        return Ok(());
    }
    println!("已恢复到 {}。请运行 fengqiao audit verify --data {} 核对审计链。", target.display(), place.data.display());
    Ok(())
}

/// `fengqiao keys …`
pub async fn keys(place: Place, what: KeysCommand) -> anyhow::Result<()> {
    let path = place.key_path();
    let mut keys = KeyFile::load(&path)?;
    match what {
        KeysCommand::List => {
            for k in keys.describe() {
                println!("{:<22}{:<12}{:<12}{}", k.id, k.created, k.alg, if k.active { "使用中" } else { "仅读取" });
            }
        }
        KeysCommand::Public => {
            let vault = vault::Vault::new(keys);
            for (id, alg, hex) in vault.public_head_keys().into_iter().chain(vault.attest_keys(evidence::CONTEXT)) {
                println!("{id}\t{alg}\t{hex}");
            }
        }
        KeysCommand::Rotate { kind } => {
            let kind = KeyKind::from_name(&kind).with_context(|| format!("没有“{kind}”这类密钥，请写 data、head 或 backup"))?;
            let app = open(&place, Keys::MustExist, Settings::default()).await?;
            let actor = acting(&app, place.account.as_deref()).await?;
            actor.must(Permission::SystemRun)?;
            let id = keys.rotate(kind, &kernel::clock::day_of(Clock::System.now()).to_string())?;
            keys.save(&path)?;
            let act = app.act(&actor, "keys.rotate", Purpose::Administration, app.fresh_command());
            app.db()
                .write(&act, async |tx: &mut kernel::Tx| {
                    tx.record("keys.rotate", &[], &id);
                    Ok(())
                })
                .await?;
            app.db().close().await;
            println!("新密钥 {id} 已启用，旧密钥仍可读取。正在运行的服务几秒内自动启用；请更新密钥文件的副本。");
        }
    }
    Ok(())
}

/// Less than this free is a finding of `check`, in bytes.
const LOW_DISK: u64 = 2_000_000_000;

/// `fengqiao check`
pub async fn check(place: Place) -> anyhow::Result<()> {
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, place.account.as_deref()).await?;
    actor.must(Permission::SystemSee)?;
    println!("密钥文件    {}", place.key_path().display());
    println!("数据库      {}", app.db().engine().name());
    app.db().ping().await?;
    let began = std::time::Instant::now();
    let act = app.act(&actor, "check.write", Purpose::Administration, app.fresh_command());
    app.db()
        .write(&act, async |tx: &mut kernel::Tx| {
            tx.record("check.write", &[], "");
            Ok(())
        })
        .await?;
    println!("写入落盘    {:.1} 毫秒", began.elapsed().as_secs_f64() * 1000.0);
    let act = app.look(&actor, "audit.verify", Purpose::Audit);
    let heads = kernel::verify::heads_file(app.settings());
    let v = kernel::verify::verify(&app, &act, heads.exists().then_some(heads.as_path())).await?;
    println!("审计链      {}（{} 条记录，库外链头 {} 个）", if v.is_whole() { "完整" } else { "有不符，请运行 fengqiao audit verify" }, v.entries, v.outside);
    let space = rustix::fs::statvfs(&place.data).with_context(|| format!("数据目录 {}", place.data.display()))?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    println!("磁盘        剩余 {:.1} GB（{}）", free as f64 / 1e9, place.data.display());
    let rules = app.rules();
    let unverified = rules.all_rules().filter(|r| !r.verified && !rules.is_confirmed(&r.key)).count();
    println!("规则包      待核实 {unverified} 项，待导入 {} 项", rules.all_pending().len());
    let year = app.today().year();
    println!("工作日历    {}", if rules.calendar().is_known(year) { "今年的节假日安排已有".to_string() } else { format!("{year} 年暂定，请导入国务院办公厅的通知") });
    app.db().close().await;
    if !v.is_whole() {
        bail!("审计链有 {} 处不符，请保全数据库与链头文件，并运行 fengqiao audit verify 查看。", v.findings.len());
    }
    if free < LOW_DISK {
        bail!("数据目录所在的盘只剩 {:.1} GB，请清理或扩容。", free as f64 / 1e9);
    }
    Ok(())
}
