//! `video`: the recorder measured and killed. `cargo xt bench video` and `cargo xt soak video` run it in release.
//!
//! One program in several processes: `source` plays simulated cameras, `ours` records them, `bench` and `soak` start the
//! others, look at them from outside and judge what lies on the disk.

mod bench;
mod marks;
mod ours;
mod processes;
mod seek;
mod soak;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Simulated cameras until standard input ends; prints their address.
    Source {
        #[arg(long)]
        cameras: usize,
        #[arg(long)]
        clip: Option<PathBuf>,
    },
    /// Records cameras until standard input ends.
    Ours {
        #[arg(long)]
        root: PathBuf,
        /// Address of the source.
        #[arg(long)]
        at: String,
        #[arg(long)]
        cameras: usize,
        /// Streams that are watched all the time.
        #[arg(long, default_value_t = 0)]
        viewers: usize,
        /// Bytes kept of each stream.
        #[arg(long, default_value_t = u64::MAX)]
        quota: u64,
        /// Threads of the cameras' tasks.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Our recorder beside ffmpeg and GStreamer, in one run, from the same source.
    Bench(bench::Args),
    /// Our recorder killed again and again.
    Soak(soak::Args),
    /// A moment found in a month of recordings.
    Seek(seek::Args),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Args::parse().what {
        What::Source { cameras, clip } => ours::source(cameras, clip),
        What::Ours { root, at, cameras, viewers, quota, threads } => {
            let tasks = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
            tasks.block_on(ours::record(root, &at, cameras, viewers, quota))
        }
        What::Bench(args) => bench::run(&args),
        What::Soak(args) => soak::run(&args),
        What::Seek(args) => seek::run(&args),
    }
}
