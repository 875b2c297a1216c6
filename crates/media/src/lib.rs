//! Video as bytes (视频): cameras pulled by RTSP, live pictures for any number of viewers, a recording ring on the disk, replay
//! by time, export, health.
//!
//! An adapter: no HTTP, no database, no word of the police; time comes in through [`estate::Clock`]. Invariants:
//!
//! - every file of the ring can be played by itself, and what a torn file still holds whole is found again without its index;
//! - no camera waits for the disk, for a viewer or for another camera; everything that can grow is bounded;
//! - bytes from outside never panic; every way of failing is a stated [`camera::Trouble`], [`recorder::Event`] or error;
//! - a camera is reached at the address that was checked against the allowed networks, and its password stands in no text.
//!
//! ```no_run
//! use media::{archive::StreamId, camera::Source, disk::Plain, estate::{Clock, Estate, Opened, Stream}};
//! use media::{export::Clip, recorder::{Event, Settings}, retention::Quota, shelf::Shelf};
//! use std::{collections::HashMap, sync::Arc};
//!
//! # async fn example(clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! // `known`: newest row and bytes of each stream, from the caller's table. `found`: files that have no row yet.
//! let known = HashMap::new();
//! let Opened { estate, mut events, found } =
//!     Estate::open(Settings::new("data/ring".into()), Arc::new(Plain), clock.clone(), &known)?;
//! let id = StreamId([7; 16]);
//! let source = Source {
//!     url: "rtsp://10.20.1.5/main".into(),
//!     sign_in: Some(("viewer".into(), "from the vault".into())),
//!     allowed: Arc::new(["10.20.0.0/16".parse()?]),
//! };
//! let quota = Quota { bytes: 600 << 30, keep_ms: Some(30 * 86_400_000) };
//! estate.add(Stream { id, source, record: Some(quota), weight: 2 });
//!
//! // Rows and alarms: a task of its own takes the events steadily.
//! while let Some(event) = events.recv().await {
//!     match event {
//!         Event::Closed(stream, file) => println!("row: {stream} {} to {}", file.start_ms, file.end_ms),
//!         Event::Camera(stream, Some(trouble)) => println!("alarm: {stream}: {trouble}"),
//!         _ => break,
//!     }
//! }
//! // Live: messages of `wire`, ready for a WebSocket; the kept group of pictures comes first.
//! if let Some(mut viewer) = estate.watch(id) {
//!     let _message = viewer.next().await;
//! }
//! // Replay and export block on the disk: not on a task's thread.
//! let at = clock.now_ms() - 3_600_000;
//! let shelf = Shelf::new(estate.root());
//! let piece = shelf.reader(id, at - 60_000).seek(at)?;
//! let clip = Clip::plan(estate.root(), id, at, at + 60_000)?;
//! clip.write(0, &mut std::io::sink(), &mut [])?;
//! # let _ = (piece, found, clip.manifest());
//! # Ok(())
//! # }
//! ```

pub mod address;
pub mod archive;
pub mod assemble;
pub mod blur;
pub mod camera;
pub mod disk;
pub mod estate;
pub mod export;
mod film;
pub mod fmp4;
pub mod health;
pub mod hls;
pub mod hub;
pub mod index;
pub mod recorder;
pub mod recover;
pub mod replay;
pub mod retention;
pub mod ring;
pub mod scan;
pub mod shelf;
pub mod timeline;
pub mod vitals;
pub mod wire;
