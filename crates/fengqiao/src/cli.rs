//! The command line: the tree of commands, and its words in Chinese.

mod words;

use crate::open::Place;
use crate::{commands, serve};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// 枫桥：社区派出所的工作系统。
///
/// 第一次使用：先用 `fengqiao demo` 看演示；正式使用先 `fengqiao init`，再 `fengqiao serve`。
#[derive(Parser)]
#[command(name = "fengqiao", version, about, long_about, after_help = "帮助：fengqiao <命令> --help")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// 用虚构的两个派出所演示（只在本机可访问）
    #[command(after_help = "例：fengqiao demo --data ./demo\n账号和随机密码打印在屏幕上，也写在数据目录的 demo-accounts.txt 里。")]
    Demo {
        #[command(flatten)]
        place: Place,
        /// 监听地址，只能是本机
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: String,
        /// 文书用的字体目录（.ttf、.otf、.ttc）；不写则看环境变量 FENGQIAO_FONTS
        #[arg(long)]
        fonts: Option<PathBuf>,
    },
    /// 启动服务
    #[command(after_help = "例：fengqiao serve --data /var/lib/fengqiao --listen 0.0.0.0:443 --tls-cert 证书.pem --tls-key 私钥.pem\n不在本机监听时须有 TLS，或用 --trusted-proxy 指明前面的代理。运行指标：--metrics 127.0.0.1:9464")]
    Serve {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        server: serve::ServeArgs,
    },
    /// 建立数据库和密钥，打印三名管理员的一次性设置链接
    #[command(after_help = "例：fengqiao init --data /var/lib/fengqiao --keys-file /etc/fengqiao/keys.toml\n没有默认密码：三名管理员各用一条一次性链接设置自己的账号。")]
    Init {
        #[command(flatten)]
        place: Place,
        /// 密码算法：sm（国密）或 intl（国际）
        #[arg(long, default_value = "sm")]
        suite: String,
    },
    /// 导入文件（先预览；拒收的行写进错误文件；同一行不会进两次）
    #[command(after_help = "例：fengqiao import 来信.csv.gz --mapping mappings/citizen_messages.toml --dry-run\n先看预览再写入。拒收的行连同行号和原因写进 <文件>.refused.csv，改好后用同一条命令再导入。")]
    Import {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: commands::import::ImportArgs,
    },
    /// 导出台账（写明目的；按范围和掩码；逐条记入审计）
    #[command(after_help = "例：fengqiao export disputes 纠纷.xlsx --from 2026-01-01 --to 2026-03-31 --purpose statistics --reason 季度分析\n必须写明目的和用途：写在导出的文件里，审计链记下目的和这一行的摘要。台账：incidents 警情、disputes 纠纷、people 人员。")]
    Export {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: commands::figures::ExportArgs,
    },
    /// 统计数据：分子、分母、定义
    #[command(after_help = "例：fengqiao figures --from 2026-04-01 --to 2026-04-30 --json\n同页面上的统计数据一致；JSON 是数组，每项有 name、definition、numerator、denominator、value。")]
    Figures {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: commands::figures::FiguresArgs,
    },
    /// 审计：核对审计链，签名链头
    #[command(after_help = "例：fengqiao audit verify --heads /mnt/另一块盘/audit-heads.jsonl\n链头文件应定期抄到别处：只有它能发现链尾被截断、改动后重新计算。")]
    Audit {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        what: commands::AuditCommand,
    },
    /// 加密备份到一个文件（附件在内，密钥不在内）
    #[command(after_help = "例：fengqiao backup /mnt/备份/2026-05-08.backup\n备份是加密的，里面没有密钥文件；密钥文件请另外保管。PostgreSQL 需要本机有 pg_dump。")]
    Backup {
        #[command(flatten)]
        place: Place,
        /// 备份文件，不能已存在
        #[arg(value_name = "文件")]
        file: PathBuf,
    },
    /// 从备份恢复到一个空的数据目录（或空的 PostgreSQL 库）
    #[command(after_help = "例：fengqiao restore 2026-05-08.backup --data ./恢复 --keys-file /etc/fengqiao/keys.toml\n缺少密钥时会说明需要哪一把。损坏、被改动或由更新版本写的备份不会留下任何东西；由谁恢复记入恢复后的审计链。\nPostgreSQL：加 --database，本机须有 pg_restore 和 psql。")]
    Restore {
        #[command(flatten)]
        place: Place,
        /// 备份文件
        #[arg(value_name = "文件")]
        file: PathBuf,
    },
    /// 密钥：列出、更换、公钥
    #[command(after_help = "例：fengqiao keys list；fengqiao keys rotate data\n密钥本身从不显示。查看和更换都记入审计链。")]
    Keys {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        what: commands::KeysCommand,
    },
    /// 核验导出的录像与清单（不需要数据目录，任何机器都可用）
    #[command(after_help = "例：fengqiao verify-clip 录像.mp4 清单.json --key 公钥.txt\n公钥须另外取得（fengqiao keys public），不能取自清单。\n退出码：0 真实完整；1 不能作为原始导出使用；2 文件完整，但签名单位待核对。")]
    VerifyClip {
        #[command(flatten)]
        what: commands::clip::VerifyArgs,
    },
    /// 检查安装：数据库、密钥、磁盘、审计链
    #[command(after_help = "例：fengqiao check --data /var/lib/fengqiao\n有不符时照提示办；每周运行一次为宜。")]
    Check {
        #[command(flatten)]
        place: Place,
    },
}

/// The tree of commands as the program shows it.
pub fn tree() -> clap::Command {
    words::in_chinese(Cli::command())
}

/// Reads the arguments; what cannot be read is told in Chinese with the next step.
pub fn parse<I, T>(args: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<std::ffi::OsString> + Clone,
{
    let mut matches = tree().try_get_matches_from(args)?;
    Cli::from_arg_matches_mut(&mut matches)
}

/// Runs the program; the exit code is 0 when it did what was asked, 1 when not, 2 when the arguments could not be read.
pub fn run() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(e) if !e.use_stderr() => {
            let _ = e.print();
            return ExitCode::SUCCESS;
        }
        // Nothing was asked for: the help says what can be.
        Err(e) if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = e.print();
            return ExitCode::from(2);
        }
        Err(e) => {
            eprintln!("{}", words::told(&e, &args));
            return ExitCode::from(2);
        }
    };
    if let Command::VerifyClip { what } = &cli.command {
        return commands::clip::verify_clip(what).unwrap_or_else(|e| {
            eprintln!("没有完成：{}", words::plainly(&e));
            ExitCode::FAILURE
        });
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(r) => r,
        Err(e) => {
            eprintln!("无法启动：{e}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Demo { place, listen, fonts } => commands::demo(place, &listen, fonts.as_deref()).await,
            Command::Serve { place, server } => serve::command(place, server).await,
            Command::Init { place, suite } => commands::init(place, &suite).await,
            Command::Import { place, what } => commands::import::command(place, what).await,
            Command::Export { place, what } => commands::figures::export(place, what).await,
            Command::Figures { place, what } => commands::figures::figures(place, what).await,
            Command::Audit { place, what } => commands::audit(place, what).await,
            Command::Backup { place, file } => commands::backup::write(place, &file).await,
            Command::Restore { place, file } => commands::backup::restore(place, &file).await,
            Command::Keys { place, what } => commands::keys(place, what).await,
            Command::Check { place } => commands::check(place).await,
            Command::VerifyClip { .. } => Ok(()),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("没有完成：{}", words::plainly(&e));
            ExitCode::FAILURE
        }
    }
}
