//! The commands besides `serve`.

pub mod backup;
pub mod clip;
pub mod figures;
pub mod import;
mod named;

use crate::open::{DEMO_MARK, Keys, Place, open, open_at};
use crate::serve;
use anyhow::{Context, bail};
use kernel::app::Settings;
use kernel::{Clock, Permission, Purpose};
pub(crate) use named::{acting, told};
use std::path::PathBuf;
use vault::{KeyFile, KeyKind};

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
    Rotate {
        /// 哪一类：data（数据）、head（链头签名）或 backup（备份）
        #[arg(value_name = "类别")]
        kind: String,
    },
    /// 打印公钥：链头签名和录像导出签名
    Public,
}

/// A progress bar on standard error; nothing is drawn when that is not a terminal.
pub fn bar(all: u64, what: &'static str) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} 约剩 {eta}");
    indicatif::ProgressBar::new(all).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar())).with_message(what)
}

/// `fengqiao demo`: fills an empty directory through the same actions as a user's clicks, then
/// serves on loopback.
pub async fn demo(place: Place, listen: &str, fonts: Option<&std::path::Path>) -> anyhow::Result<()> {
    let at: std::net::SocketAddr =
        listen.parse().with_context(|| format!("监听地址“{listen}”没有读懂。请写成 地址:端口，例如 127.0.0.1:8080"))?;
    if !at.ip().is_loopback() {
        bail!("演示只能在本机访问，请用 127.0.0.1。");
    }
    if place.account.is_some() {
        bail!("演示由程序自己建立数据和账号，没有可以代表的人。请去掉 --as。");
    }
    crate::fonts::mount(fonts)?;
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
    let settings = Settings { public_url: format!("http://{at}"), ..Settings::default() };
    let app = open_at(&place, Keys::Make("sm"), settings, crate::demo_clock::from_environment()).await?;
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
    let listener = serve::listener_at(at).await?;
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
    if let (Some(account), false) = (&place.account, place.has_database()) {
        bail!("这里还没有数据库，也就没有账号 {account}。请去掉 --as，由本机操作员建立。");
    }
    let app = open(&place, Keys::Make(suite), Settings::default()).await?;
    let actor = acting(&app, &place).await?;
    actor.must(Permission::UserAdmin)?;
    let links = identity::actions::init_links(&app, &actor).await?;
    println!("已建立。请把密钥文件 {} 另存到安全的地方，它不在备份里。", place.key_path().display());
    if links.is_empty() {
        println!("\n三名管理员的账号都已设置，没有新的链接。忘记密码请由系统管理员在“账号”里重置。");
    } else {
        println!("\n三名管理员的一次性设置链接（24 小时内有效，三人各用一条）：");
    }
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
    let actor = acting(&app, &place).await?;
    match what {
        AuditCommand::Sign => {
            actor.must(Permission::AuditVerify)?;
            told(&app, &actor, "audit.sign", Purpose::Audit, "").await?;
            let n = kernel::verify::sign_heads(&app, &default).await?;
            let seals = if default.exists() { kernel::verify::read_heads(&default)? } else { vec![] };
            println!("签名 {n} 条链的链头，写入 {}", default.display());
            println!("当日根：{}", kernel::verify::printed_root(&seals, app.now()));
        }
        AuditCommand::Verify { heads, json } => {
            actor.must(Permission::AuditVerify)?;
            told(&app, &actor, "audit.verify", Purpose::Audit, "").await?;
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

/// The entry of a look at the key file. Without a database there is no chain to write into, and nobody to act for: that is
/// said, because a key file is looked at on other machines too (which key does this backup need?).
async fn looked(place: &Place, action: &'static str) -> anyhow::Result<()> {
    if !place.has_database() {
        if let Some(account) = &place.account {
            bail!("{} 里没有数据库，认不出账号 {account}。请用 --data 或 --database 指明安装；去掉 --as 则由本机操作员查看。", place.data.display());
        }
        eprintln!("注意：{} 里没有数据库，这次查看没有记入审计链。", place.data.display());
        return Ok(());
    }
    let app = open(place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, place).await?;
    actor.must(Permission::SystemSee)?;
    told(&app, &actor, action, Purpose::Administration, "").await?;
    app.db().close().await;
    Ok(())
}

/// `fengqiao keys …`
pub async fn keys(place: Place, what: KeysCommand) -> anyhow::Result<()> {
    let path = place.key_path();
    let mut keys = KeyFile::load(&path)?;
    match what {
        KeysCommand::List => {
            looked(&place, "keys.list").await?;
            for k in keys.describe() {
                println!("{:<22}{:<12}{:<12}{}", k.id, k.created, k.alg, if k.active { "使用中" } else { "仅读取" });
            }
        }
        KeysCommand::Public => {
            looked(&place, "keys.public").await?;
            let vault = vault::Vault::new(keys);
            for (id, alg, hex) in vault.public_head_keys().into_iter().chain(vault.attest_keys(evidence::CONTEXT)) {
                println!("{id}\t{alg}\t{hex}");
            }
        }
        KeysCommand::Rotate { kind } => {
            let kind = KeyKind::from_name(&kind).with_context(|| format!("没有“{kind}”这类密钥。请写 data（数据）、head（链头签名）或 backup（备份）。"))?;
            let app = open(&place, Keys::MustExist, Settings::default()).await?;
            let actor = acting(&app, &place).await?;
            actor.must(Permission::SystemRun)?;
            let id = keys.rotate(kind, &kernel::clock::day_of(Clock::System.now()).to_string())?;
            keys.save(&path)?;
            told(&app, &actor, "keys.rotate", Purpose::Administration, &id).await?;
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
    let actor = acting(&app, &place).await?;
    actor.must(Permission::SystemSee)?;
    println!("密钥文件    {}", place.key_path().display());
    println!("数据库      {}", app.db().engine().name());
    app.db().ping().await?;
    let began = std::time::Instant::now();
    told(&app, &actor, "check.write", Purpose::Administration, "").await?;
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
    println!("工作日历    {}", if rules.calendar().is_known(year) { "今年的节假日安排已有".to_string() } else { format!("{year} 年暂定，请在“规则包”导入国务院办公厅的放假通知（[[year]]）") });
    app.db().close().await;
    if !v.is_whole() {
        bail!("审计链有 {} 处不符，请保全数据库与链头文件，并运行 fengqiao audit verify 查看。", v.findings.len());
    }
    if free < LOW_DISK {
        bail!("数据目录所在的盘只剩 {:.1} GB，请清理或扩容。", free as f64 / 1e9);
    }
    Ok(())
}
