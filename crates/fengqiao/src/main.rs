//! `fengqiao`: the one program of a community police station.
//!
//! This crate only joins: command line, configuration, the list of domains, the server, the jobs.

mod commands;
mod jobs;
mod open;
mod serve;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// 枫桥：社区派出所的工作系统。
///
/// 第一次使用：先用 `fengqiao demo` 看演示；正式使用先 `fengqiao init`，再 `fengqiao serve`。
#[derive(Parser)]
#[command(version, about, long_about, after_help = "帮助：fengqiao <命令> --help")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where data and keys are; every command takes these.
#[derive(clap::Args, Clone, Debug)]
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
}

#[derive(Subcommand)]
enum Command {
    /// 用虚构的两个派出所演示（只在本机可访问）
    Demo {
        #[command(flatten)]
        place: Place,
        /// 监听地址，只能是本机
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: String,
    },
    /// 启动服务
    Serve {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        server: serve::ServeArgs,
    },
    /// 建立数据库和密钥，打印三名管理员的一次性设置链接
    Init {
        #[command(flatten)]
        place: Place,
        /// 密码算法：sm（国密）或 intl（国际）
        #[arg(long, default_value = "sm")]
        suite: String,
    },
    /// 导入文件（先预览；拒收的行写进错误文件；同一行不会进两次）
    Import {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: commands::import::ImportArgs,
    },
    /// 导出台账（写明目的；按范围和掩码；逐条记入审计）
    Export {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: commands::figures::ExportArgs,
    },
    /// 统计数据：分子、分母、定义
    Figures {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: commands::figures::FiguresArgs,
    },
    /// 审计
    Audit {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        what: commands::AuditCommand,
    },
    /// 加密备份到一个文件（嵌入式数据库）
    Backup {
        #[command(flatten)]
        place: Place,
        /// 备份文件，不能已存在
        file: PathBuf,
    },
    /// 从备份恢复到一个空的数据目录
    Restore {
        #[command(flatten)]
        place: Place,
        file: PathBuf,
    },
    /// 密钥
    Keys {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        what: commands::KeysCommand,
    },
    /// 检查安装：数据库、密钥、磁盘、审计链
    Check {
        #[command(flatten)]
        place: Place,
    },
}

fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "warn,fengqiao=info".into()),
        )
        .with_target(false)
        .init();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(r) => r,
        Err(e) => {
            eprintln!("无法启动：{e}");
            return std::process::ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Demo { place, listen } => commands::demo(place, &listen).await,
            Command::Serve { place, server } => serve::command(place, server).await,
            Command::Init { place, suite } => commands::init(place, &suite).await,
            Command::Import { place, what } => commands::import::command(place, what).await,
            Command::Export { place, what } => commands::figures::export(place, what).await,
            Command::Figures { place, what } => commands::figures::figures(place, what).await,
            Command::Audit { place, what } => commands::audit(place, what).await,
            Command::Backup { place, file } => commands::backup(place, &file).await,
            Command::Restore { place, file } => commands::restore(place, &file),
            Command::Keys { place, what } => commands::keys(place, what).await,
            Command::Check { place } => commands::check(place).await,
        }
    });
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("没有完成：{e:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
