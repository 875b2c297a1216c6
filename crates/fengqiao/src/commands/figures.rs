//! `fengqiao figures` and `fengqiao export`: numbers and registers on the command line.

use crate::open::Place;
use crate::commands::{acting, told};
use crate::commands::import::station;
use crate::open::{Keys, open};
use anyhow::{Context, bail};
use exchange::export::{Ask, Format, What};
use kernel::app::Settings;
use kernel::{Date, Purpose, Timestamp};
use std::path::PathBuf;

/// Which figures.
#[derive(clap::Args, Clone, Debug)]
pub struct FiguresArgs {
    /// 派出所代码；只有一个派出所时可不写
    #[arg(long, value_name = "代码")]
    station: Option<String>,
    /// 起始日期，例如 2026-01-01
    #[arg(long, value_name = "日期")]
    from: String,
    /// 截止日期（含当日）
    #[arg(long, value_name = "日期")]
    to: String,
    /// 截至这一时刻所知，例如 "2026-05-01 08:00"；不写则为现在
    #[arg(long)]
    as_known_on: Option<String>,
    /// 输出 JSON 数组：key、name、version、definition、numerator、denominator、value、certainty
    #[arg(long)]
    json: bool,
}

/// A moment, or a day, which means its end: all that was known when it was over.
fn moment(text: &str) -> anyhow::Result<Timestamp> {
    if let Some(d) = web::form::parse_date(text) {
        return Ok(kernel::clock::start_of(d.tomorrow().unwrap_or(d)));
    }
    web::form::parse_moment(text).with_context(|| format!("时刻“{text}”没有读懂，请写成 \"2026-05-08 08:00\""))
}

fn day(text: &str) -> anyhow::Result<Date> {
    web::form::parse_date(text).with_context(|| format!("日期“{text}”没有读懂，请写成 2026-05-08"))
}

/// `fengqiao figures`
pub async fn figures(place: Place, args: FiguresArgs) -> anyhow::Result<()> {
    let (from, until) = (day(&args.from)?, day(&args.to)?);
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, &place).await?;
    let station = station(&app, args.station.as_deref()).await?;
    let act = app.look(&actor, "bulletins.figures", Purpose::Statistics).in_station(station);
    let as_of = args.as_known_on.as_deref().map_or_else(|| Ok(app.now()), moment)?;
    let period = bulletins::period(&app.rules(), station, from, until, as_of)?;
    let list = bulletins::figures(&app, &act, &period).await?;
    told(&app, &actor, "bulletins.figures", Purpose::Statistics, &format!("{from} {until}")).await?;
    if args.json {
        let out: Vec<serde_json::Value> = list
            .iter()
            .map(|f| {
                let value = match (f.denominator, f.hundredths()) {
                    (None, _) => serde_json::json!(f.numerator),
                    (Some(_), Some(h)) => serde_json::json!(h as f64 / 10_000.0),
                    (Some(_), None) => serde_json::Value::Null,
                };
                serde_json::json!({
                    "key": f.key, "name": f.name, "version": f.version, "definition": f.definition,
                    "numerator": f.numerator, "denominator": f.denominator, "value": value,
                    "certainty": f.certainty(), "as_known_on": kernel::clock::show(as_of),
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&out)?);
    } else {
        println!("{from} 至 {until}，按 {} 所知；{}。", kernel::clock::show(as_of), kernel::figure::ROUNDING);
        for f in &list {
            let fraction = f.denominator.map_or(String::new(), |d| format!("（{}/{d}）", f.numerator));
            println!("{}  {}{fraction}  {}\n    第 {} 版定义：{}", f.name, f.value(), f.certainty(), f.version, f.definition);
        }
    }
    app.db().close().await;
    Ok(())
}

/// What to export.
#[derive(clap::Args, Clone, Debug)]
pub struct ExportArgs {
    /// 台账：incidents（警情）、disputes（纠纷）、people（人员，不分期间）、surveys（问卷统计）或 answers（问卷答卷）
    #[arg(value_name = "台账")]
    what: String,
    /// 写到哪个文件（.csv 或 .xlsx），不能已存在
    #[arg(value_name = "文件")]
    file: PathBuf,
    /// 派出所代码；只有一个派出所时可不写
    #[arg(long, value_name = "代码")]
    station: Option<String>,
    /// 问卷的编号，在它的页面的网址里；导出问卷时写
    #[arg(long, value_name = "编号")]
    survey: Option<kernel::Uuid>,
    /// 起始日期，例如 2026-01-01
    #[arg(long, value_name = "日期")]
    from: String,
    /// 截止日期（含当日）
    #[arg(long, value_name = "日期")]
    to: String,
    /// 目的：statistics、exchange、incident、mediation 或 complaint
    #[arg(long, value_name = "目的")]
    purpose: String,
    /// 用途，写在文件里，审计链记下它的摘要
    #[arg(long, value_name = "用途")]
    reason: String,
}

/// `fengqiao export`
pub async fn export(place: Place, args: ExportArgs) -> anyhow::Result<()> {
    let what = What::from_code(&args.what).with_context(|| format!("没有“{}”这种台账。请写 incidents（警情）、disputes（纠纷）、people（人员）、surveys（问卷统计）或 answers（问卷答卷）。", args.what))?;
    let purpose = Purpose::from_code(&args.purpose).with_context(|| format!("“{}”不是可以导出的目的。请写 statistics（统计）、exchange（数据交换）、incident（接处警）、mediation（调解）或 complaint（投诉核查）。", args.purpose))?;
    let ending = args.file.extension().map_or(String::new(), |e| e.to_string_lossy().to_lowercase());
    let format = Format::from_code(&ending).context("看不出要哪种格式。文件名请以 .csv 或 .xlsx 结尾。")?;
    let (from, until) = (day(&args.from)?, day(&args.to)?);
    if args.file.exists() {
        bail!("{} 已经存在，没有覆盖。请换一个文件名。", args.file.display());
    }
    let app = open(&place, Keys::MustExist, Settings::default()).await?;
    let actor = acting(&app, &place).await?;
    let station = station(&app, args.station.as_deref()).await?;
    let act = app.look(&actor, "exchange.export", purpose);
    let ask = Ask { what, station, from, until, survey: args.survey, purpose, reason: args.reason };
    let sheet = exchange::export::export(&app, &act, &ask).await?;
    let bytes = match format {
        Format::Csv => exchange::export::to_csv(&sheet),
        Format::Xlsx => exchange::export::to_xlsx(&sheet)?,
    };
    let write = |bytes: &[u8]| std::io::Write::write_all(&mut std::fs::File::create_new(&args.file)?, bytes);
    if let Err(e) = write(&bytes) {
        if e.kind() != std::io::ErrorKind::AlreadyExists {
            let _ = std::fs::remove_file(&args.file);
        }
        bail!("没有写成 {}（{e}）。请核对目录和磁盘后重试；这次读取已记入审计。", args.file.display());
    }
    println!("已导出 {} 条到 {}。\n{}", sheet.rows.len(), args.file.display(), sheet.mark);
    app.db().close().await;
    Ok(())
}
