//! `simcam`: simulated cameras on the command line.

use clap::Parser;
use simcam::{Camera, Clip, Sim, clips, fault};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Simulated RTSP cameras at rtsp://<listen>/cam/<n>.
#[derive(Parser)]
struct Args {
    /// Address and port.
    #[arg(long, default_value = "127.0.0.1:8554")]
    listen: SocketAddr,
    /// How many cameras.
    #[arg(long, default_value_t = 4)]
    cameras: usize,
    /// An MP4 file with H.264 or H.265 instead of the clips that ship.
    #[arg(long)]
    clip: Option<PathBuf>,
    /// A fault of one camera: `<camera>=<kind>[:value][@from][+lasting]`, seconds since PLAY, such as `2=lose:5@10+20`.
    /// Kinds: drop freeze stall-clock lose jump other-sets mid-frame silence no-key flood slow garbage reorder stale.
    #[arg(long = "fault")]
    faults: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let shown = match &args.clip {
        Some(path) => vec![Arc::new(Clip::read(&std::fs::read(path)?)?)],
        None => vec![clips::yard()?, clips::gate()?],
    };
    let mut cameras: Vec<Camera> = (0..args.cameras).map(|n| Camera::new(shown[n % shown.len()].clone())).collect();
    for text in &args.faults {
        let (n, what) = text.split_once('=').ok_or_else(|| format!("{text}: <camera>=<fault>"))?;
        let cam =
            n.parse::<usize>().ok().and_then(|n| cameras.get_mut(n)).ok_or_else(|| format!("{n}: no such camera"))?;
        cam.faults.push(fault::parse(what)?);
    }
    let sim = Sim::start(args.listen, cameras).await?;
    println!("{} cameras, the first at {}", args.cameras, sim.url(0));
    tokio::signal::ctrl_c().await?;
    Ok(())
}
