//! `fengqiao import`: preview, write, error file.

use crate::open::Place;
use crate::commands::{acting, bar, told};
use crate::open::{Keys, open};
use anyhow::{Context, bail};
use exchange::actions::Job;
use exchange::judge::says;
use exchange::mapping::Mapping;
use exchange::report::Report;
use kernel::app::Settings;
use kernel::{Purpose, Reader, StationId};
use std::path::{Path, PathBuf};

/// What to import and how.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// 要导入的文件（CSV、CSV.gz 或 XLSX）
    pub file: PathBuf,
    /// 映射文件，例如 mappings/citizen_messages.toml
    #[arg(long)]
    pub mapping: PathBuf,
    /// 派出所代码；只有一个派出所时可不写
    #[arg(long)]
    pub station: Option<String>,
    /// 只看预览，不写入
    #[arg(long)]
    pub dry_run: bool,
}

/// `fengqiao import`
pub async fn command(place: Place, args: ImportArgs) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&args.mapping).with_context(|| format!("打不开映射文件 {}，请核对路径；样例在 mappings 目录", args.mapping.display()))?;
    let mapping = Mapping::parse(&text)?;
    let bytes = std::fs::read(&args.file).with_context(|| format!("打不开文件 {}，请核对路径和权限", args.file.display()))?;
    let table = exchange::table::read(&bytes, &mapping)?;
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, &place).await?;
    let code = args.station.clone().or(mapping.target.station.clone());
    let station = station(&app, code.as_deref()).await?;
    let file_name = args.file.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
    let job = Job { actor: &actor, station, mapping: &mapping, file_name: &file_name };
    println!("预览 {}：", args.file.display());
    let before = exchange::actions::preview(&app, &job, &table).await?;
    show(&before);
    if args.dry_run {
        told(&app, &actor, "exchange.preview", Purpose::Exchange, &file_name).await?;
        app.db().close().await;
        return Ok(());
    }
    let all = before.counts.accepted;
    let bar = bar(all as u64, "写入");
    let report = exchange::actions::import(&app, &job, &table, &|done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    println!("导入完成：");
    show(&report);
    if report.counts.refused > 0 {
        let errors = error_path(&args.file);
        std::fs::write(&errors, report.error_file(&table)).with_context(|| format!("错误文件 {}", errors.display()))?;
        println!("拒收的行已写入 {}，改好后用同一条命令导入即可。", errors.display());
    }
    app.db().close().await;
    Ok(())
}

/// `messages.csv.gz` → `messages.csv.refused.csv`.
fn error_path(file: &Path) -> PathBuf {
    let name = file.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
    file.with_file_name(format!("{}.refused.csv", name.trim_end_matches(".gz")))
}

fn show(r: &Report) {
    let c = r.counts;
    println!("  共 {} 行：接收 {}，已有 {}，拒收 {}，空行 {}", c.rows, c.accepted, c.known, c.refused, c.skipped);
    for (reason, n) in r.reasons() {
        // A reason is a key with words of its own, or already the words.
        match reason.is_ascii() {
            true => println!("    拒收 {n} 行 {reason}：{}", says(&reason)),
            false => println!("    拒收 {n} 行 {reason}"),
        }
    }
}

pub async fn station(app: &kernel::App, code: Option<&str>) -> anyhow::Result<StationId> {
    let look = app.look(&kernel::Actor::system(), "exchange.station", Purpose::Exchange);
    let all = app.db().read(&look, async |r: &mut Reader| places::store::stations(r).await).await?;
    let list = || all.iter().map(|s| format!("{}（{}）", s.code, s.name)).collect::<Vec<_>>().join("、");
    match code {
        Some(code) => match all.iter().find(|s| s.code == code) {
            Some(s) => Ok(s.id),
            None => bail!("没有代码为 {code} 的派出所。现有：{}", list()),
        },
        None if all.len() == 1 => Ok(all[0].id),
        None => bail!("有几个派出所。请用 --station 指明是哪一个。现有：{}", list()),
    }
}
