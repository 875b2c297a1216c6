//! `drill`: the drills from the command line; `cargo xt soak writes` and `cargo xt bench web` call it.

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The allocator of the program that is measured.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Kills the server while it writes; every acknowledged write must be there afterwards.
    Writes {
        #[arg(long, default_value_t = 1000)]
        kills: u32,
        #[arg(long)]
        json: bool,
    },
    /// Loads the pages on years of data.
    Web {
        #[arg(long, default_value_t = 1_000_000)]
        incidents: usize,
        #[arg(long, default_value_t = 200_000)]
        disputes: usize,
        /// Requests per second.
        #[arg(long, default_value_t = 500)]
        rate: usize,
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Where the data is kept between runs.
        #[arg(long, default_value = "target/bench-web")]
        folder: PathBuf,
        /// Only make the data.
        #[arg(long)]
        fill_only: bool,
        #[arg(long)]
        json: bool,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let bin = drill::child::binary()?;
    match Cli::parse().what {
        What::Writes { kills, json } => {
            let dir = tempfile::tempdir()?;
            let tell = |n: u32, o: &drill::kills::Outcome| {
                if n.is_multiple_of(10) {
                    eprintln!("{n} kills, {} acknowledged, {} entries, whole", o.acknowledged, o.entries);
                }
            };
            let out = drill::kills::run(&bin, &dir.path().join("data"), kills, &tell).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&out)?);
            } else {
                println!(
                    "{} kills: {} acknowledged writes, none lost; {} sent again, {} of them already there, none twice; chain of {} entries whole, {} heads agree",
                    out.kills, out.acknowledged, out.sent_again, out.already_there, out.entries, out.heads
                );
            }
        }
        What::Web { incidents, disputes, rate, seconds, folder, fill_only, json } => {
            let begun = std::time::Instant::now();
            let tell = move |done: usize, all: usize, what: &str| eprintln!("{:>6.0} s  {done}/{all} {what}", begun.elapsed().as_secs_f64());
            if fill_only {
                let size = demo::bulk::Size { incidents, disputes };
                let (place, seconds) = drill::web::fill(&folder, size, &tell).await?;
                println!("{} made in {seconds:.0} s", place.data.display());
                return Ok(());
            }
            let plan = drill::web::Plan { bin, folder, size: (incidents, disputes), rate, seconds };
            let m = drill::web::bench(&plan, &tell).await?;
            if json { println!("{}", serde_json::to_string_pretty(&m)?) } else { show(&m) }
        }
    }
    Ok(())
}

fn show(m: &drill::web::Measured) {
    println!("{} incidents, {} disputes; made in {:.0} s; database {:.0} MB; chain of {} entries {} (verified in {:.1} s)",
        m.incidents, m.disputes, m.fill_seconds, m.database_megabytes, m.audit_entries,
        if m.chain_whole { "whole" } else { "BROKEN" }, m.verify_seconds);
    println!("start {:.2} s, idle {:.0} MB, after load {:.0} MB, binary {:.1} MB; load average {} to {}",
        m.start_seconds, m.idle_megabytes, m.loaded_megabytes, m.binary_megabytes, m.load_average.0, m.load_average.1);
    println!("one caller:");
    for t in &m.alone {
        line(t);
    }
    for (name, run) in [("fixed rate", &m.fixed), ("as fast as it goes", &m.most)] {
        println!("{name}: asked {} per second, answered {:.0} per second", run.asked_per_second, run.per_second);
        line(&run.all);
        for t in &run.pages {
            line(t);
        }
    }
}

fn line(t: &drill::load::Taken) {
    println!("  {:<8} {:>7} requests {:>4} errors   p50 {:>7.1} ms   p99 {:>7.1} ms   max {:>7.1} ms   {:>5.0} kB",
        t.page, t.requests, t.errors, t.p50_ms, t.p99_ms, t.max_ms, t.kilobytes);
}
