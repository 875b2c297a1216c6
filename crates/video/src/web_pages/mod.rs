//! Pages: cameras and their forms, networks and groups, rights and holds, the wall, exports.

pub mod cameras;
pub mod copies;
pub mod duty;
pub mod exports;
pub mod film;
pub mod form;
pub mod health;
pub mod looks;
pub mod replay;
pub mod rights;
pub mod setup;
pub mod verify;
pub mod wall;

use crate::model::{Group, StreamKind, Whole};
use crate::run::{Live, Seen};
use kernel::{Actor, Reader, Refusal, Result, StationId, Uuid};
use places::model::Station;
use std::sync::Arc;
use web::Ctx;

/// The station a page shows: the caller's own, else the asked one, else the first.
pub async fn station_for(r: &mut Reader, who: &Actor, asked: &str) -> Result<(Vec<Station>, Station)> {
    let all: Vec<Station> =
        places::store::stations(r).await?.into_iter().filter(|s| who.reach().houses(s.id)).collect();
    let chosen =
        asked.parse::<StationId>().ok().and_then(|id| all.iter().find(|s| s.id == id)).or(all.first()).cloned();
    let none = || Refusal::new("video.no_station", "还没有派出所，摄像机登记不了。", "请先在“单位与辖区”中建立派出所。");
    Ok((all, chosen.ok_or_else(none)?))
}

/// A group with its depth in the tree.
#[derive(Clone)]
pub struct Branch {
    pub id: Uuid,
    pub name: String,
    pub depth: usize,
    /// With those of its parents, `街面 / 中央街`.
    pub path: String,
}

impl Branch {
    /// For the option of a select.
    pub fn indent(&self) -> String {
        "　".repeat(self.depth)
    }
}

/// The tree in reading order.
pub fn tree(groups: &[Group]) -> Vec<Branch> {
    fn below(groups: &[Group], parent: Option<Uuid>, depth: usize, path: &str, out: &mut Vec<Branch>) {
        // A circle cannot be made by the forms; a depth that no tree has ends one all the same.
        for g in groups.iter().filter(|g| g.parent_id == parent && depth < 20) {
            let path = if path.is_empty() { g.name.clone() } else { format!("{path} / {}", g.name) };
            out.push(Branch { id: g.id, name: g.name.clone(), depth, path: path.clone() });
            below(groups, Some(g.id), depth + 1, &path, out);
        }
    }
    let mut out = vec![];
    below(groups, None, 0, "", &mut out);
    out
}

/// A group and all below it.
pub fn with_children(groups: &[Group], id: Uuid) -> Vec<Uuid> {
    let mut all = vec![id];
    let mut n = 0;
    while n < all.len() && all.len() < 1000 {
        let parent = Some(all[n]);
        all.extend(groups.iter().filter(|g| g.parent_id == parent).map(|g| g.id));
        n += 1;
    }
    all
}

/// How a camera is now, for lists: word, badge, whether it is well.
pub struct Condition {
    pub words: String,
    pub badge: &'static str,
}

/// The running estate of this node, if there is one.
pub fn live(ctx: &Ctx) -> Option<Arc<Live>> {
    ctx.site.part::<Live>()
}

/// What is known of a stream at this moment.
pub fn seen(live: Option<&Arc<Live>>, stream: Uuid) -> Option<Seen> {
    live?.sight().streams.get(&stream).cloned()
}

/// A camera's condition by its streams, the worst first.
pub fn condition(live: Option<&Arc<Live>>, w: &Whole) -> Condition {
    if w.camera.ended_at.is_some() {
        return Condition { words: "已停用".into(), badge: "" };
    }
    let Some(live) = live else { return Condition { words: "本机没有接入".into(), badge: "badge--warn" } };
    if let Some(kind) = live.shut_by() {
        return Condition { words: format!("没有接入：{}", kind.label()), badge: "badge--danger" };
    }
    let problem = w.streams.iter().find_map(|s| live.problem(s.id));
    if let Some(p) = problem {
        return Condition { words: p, badge: "badge--danger" };
    }
    let sight = live.sight();
    let mut all: Vec<(&Seen, StreamKind)> =
        w.streams.iter().filter_map(|s| Some((sight.streams.get(&s.id)?, s.kind))).collect();
    all.sort_by_key(|(s, k)| (s.alarm.is_none(), s.state, *k == StreamKind::Sub));
    match all.first() {
        None => Condition { words: "正在接入".into(), badge: "" },
        Some((s, _)) if s.connecting => Condition { words: s.words.clone(), badge: "" },
        Some((s, _)) if s.alarm.is_none() => Condition { words: s.words.clone(), badge: "badge--ok" },
        Some((s, k)) => Condition {
            words: if all.len() > 1 { format!("{}{}", k.label(), s.words) } else { s.words.clone() },
            badge: if s.state == media::health::State::Offline { "badge--danger" } else { "badge--warn" },
        },
    }
}

/// `1.5 Mbit/s`, `320 kbit/s`.
pub fn rate(bits: f64) -> String {
    if bits >= 1e6 { format!("{:.1} Mbit/s", bits / 1e6) } else { format!("{:.0} kbit/s", bits / 1e3) }
}

/// `1.2 GB`, `340 MB`.
pub fn size(bytes: i64) -> String {
    let mb = bytes as f64 / 1_048_576.0;
    if mb >= 1024.0 { format!("{:.1} GB", mb / 1024.0) } else { format!("{mb:.0} MB") }
}

/// A moment in milliseconds, as pages print it, with seconds.
pub fn second(ms: i64) -> String {
    let at = kernel::clock::from_micros(ms.saturating_mul(1000));
    at.to_zoned_datetime(kernel::clock::zone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
