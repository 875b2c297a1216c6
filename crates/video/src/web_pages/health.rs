//! 设备健康: the estate at a glance, what is kept really, and what will be. Where a camera has two recorded streams, the worse
//! one is shown and named.

use super::{Condition, condition, live, rate, size};
use crate::model::{Alarm, Stream, StreamKind, Whole};
use crate::rules::{self, length};
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Purpose, Reader, Timestamp, ToSpan, Uuid};
use media::health::State;
use serde::Deserialize;
use std::collections::HashMap;
use web::{Answer, Ctx, Page};

/// `?station=…`, for administrators.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    station: String,
}

struct Line {
    w: Whole,
    now: Condition,
    online: String,
    low: bool,
    gaps: String,
    lost: String,
    losing: bool,
    rate: String,
    skew: String,
    kept: String,
    forecast: String,
    short: bool,
}

struct Open {
    a: Alarm,
    /// Of a camera its name, else what it is of.
    of: String,
}

#[derive(Template)]
#[template(path = "health.html")]
struct Health {
    lines: Vec<Line>,
    alarms: Vec<Open>,
    past: Vec<Open>,
    well: usize,
    disk: &'static str,
    disk_bad: bool,
    /// What the ring's disk can hold of recordings, and that the quotas are more than that.
    room: String,
    too_much: String,
    used: String,
    quota: String,
    needed: String,
    removed: Vec<(String, i64, String)>,
    why_not: String,
    here: String,
    part: bool,
}

/// Gaps longer than this are counted.
const GAP_MS: i64 = 2_000;

fn days(ms: i64) -> String {
    let hours = ms as f64 / 3_600_000.0;
    if hours < 48.0 { format!("{hours:.1} 小时") } else { format!("{:.1} 天", hours / 24.0) }
}

/// A camera's clock beside ours (milliseconds, theirs minus ours); none where the camera does not tell it or tells nothing.
fn clock_words(skew_ms: Option<i64>) -> String {
    match skew_ms {
        None => "未知".into(),
        Some(ms) if ms.abs() < 1000 => "准".into(),
        Some(ms) => format!("差 {:.1} 秒", ms as f64 / 1000.0),
    }
}

async fn load(ctx: &Ctx, a: &Asked) -> kernel::Result<Health> {
    let now = ctx.now();
    let day_ms = now.as_millisecond() - 86_400_000;
    let today = ctx.app.today();
    let look = ctx.look("video.health", Purpose::Video);
    let since: Timestamp = now - (24 * 7).hours();
    let (cameras, kept, hours, gaps, alarms, removed, held) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let station = super::station_for(r, &ctx.who, &a.station).await?.1.id;
            let mut held: HashMap<Uuid, i64> = HashMap::new();
            let mut of: Vec<Uuid> = store::holds(r, station).await?.iter().filter(|h| h.released_at.is_none()).map(|h| h.camera_id).collect();
            of.sort();
            of.dedup();
            for camera in of {
                held.extend(store::held_beyond(r, station, camera).await?);
            }
            Ok((
                store::cameras(r, station, false).await?,
                store::kept(r, station).await?,
                store::hours(r, station, day_ms / 3_600_000 * 3_600_000, i64::MAX).await?,
                store::gaps(r, station, day_ms, GAP_MS).await?,
                store::alarms(r, station, since).await?,
                store::removed(r, station, today.saturating_sub(30.days()), today).await?,
                held,
            ))
        })
        .await?;
    let estate = live(ctx);
    let sight = estate.as_ref().map(|l| l.sight());
    let seen = |s: Uuid| sight.as_ref().and_then(|x| x.streams.get(&s));
    let of = |s: Uuid| hours.iter().find(|h| h.stream_id == s);
    // The hours' mean, where there is one: a single moment says little.
    let mean = |s: Uuid| {
        let bits = seen(s).map_or(0.0, |x| x.bit_rate);
        of(s).filter(|h| h.live > 60).map_or(bits, |h| h.bit_rate_sum as f64 / h.live as f64)
    };
    // All streams of the process share the disk, those of other stations too.
    let quotas = estate.as_ref().map(|l| l.quotas()).unwrap_or_default();
    let files: u64 = estate.as_ref().map_or(0, |l| l.usage().values().map(|u| u.bytes - u.held_bytes.min(u.bytes)).sum());
    let room = estate.as_ref().and_then(|l| l.room()).map(|r| r.for_files(files));
    let flows: Vec<(u64, f64)> = quotas.iter().map(|(id, quota)| (*quota, mean(*id))).collect();
    let disk_days = room.and_then(|room| rules::disk_days(&flows, room));
    let all_quotas: u64 = quotas.values().sum();
    let least = ctx.app.rules().int("video.min_online_percent", today)?;
    let (mut used, mut quota, mut needed) = (0i64, 0i64, 0f64);
    let mut lines = vec![];
    for w in cameras {
        let main = w.stream(StreamKind::Main).map(|s| s.id).unwrap_or_default();
        let h = of(main);
        let percent = h.filter(|h| h.seconds > 0).map(|h| h.live * 100 / h.seconds);
        let recorded: Vec<&Stream> = w.streams.iter().filter(|s| s.record).collect();
        let named = |s: &Stream, words: String| if recorded.len() > 1 { format!("{words}（{}）", s.kind.label()) } else { words };
        let span = (day_ms.max(w.camera.created_at.as_millisecond()), now.as_millisecond());
        let (mut shortest, mut really, mut worst) = (None::<f64>, None::<(i64, &Stream)>, None::<(rules::Missing, &Stream)>);
        for s in &recorded {
            let k = kept.iter().find(|k| k.stream_id == s.id);
            let (mb, rate) = (u64::try_from(s.quota_mb).unwrap_or(0), mean(s.id));
            used += k.map_or(0, |k| k.bytes);
            quota += s.quota_mb * 1_048_576;
            needed += rate / 8.0 * 86_400.0 * w.camera.keep_days as f64;
            let days = rules::days_kept(mb * 1_048_576, rate).map(|d| disk_days.map_or(d, |x| x.min(d)));
            shortest = [shortest, days].into_iter().flatten().min_by(f64::total_cmp);
            let own = k.map_or(0, |k| k.span_ms) - held.get(&s.id).copied().unwrap_or(0);
            really = [really, Some((own, *s))].into_iter().flatten().min_by_key(|x| x.0);
            let between: Vec<(i64, i64)> =
                gaps.iter().filter(|g| g.stream_id == s.id).map(|g| (g.from_ms, g.to_ms)).collect();
            let alive = seen(s.id).is_none_or(|x| x.state >= State::NoKey);
            let m = rules::missing(&between, k.map(|k| k.newest_ms), span, alive);
            if worst.is_none_or(|(x, _)| m.all_ms > x.all_ms) {
                worst = Some((m, *s));
            }
        }
        let sum = |f: fn(&store::HourRow) -> i64| w.streams.iter().filter_map(|s| of(s.id)).map(f).sum::<i64>();
        let (packets, groups, jumps) = (sum(|h| h.lost_packets), sum(|h| h.lost_groups), sum(|h| h.jumps));
        let m = seen(main);
        let clock = clock_words(m.filter(|m| m.state >= State::NoKey).and_then(|m| m.skew_ms));
        lines.push(Line {
            now: condition(estate.as_ref(), &w),
            online: h.filter(|h| h.seconds > 0).map_or("—".into(), |h| web::show::rate(h.live, h.seconds)),
            low: percent.is_some_and(|p| p < least),
            gaps: match worst {
                None => "不录".into(),
                Some((m, _)) if m.times == 0 => "没有".into(),
                Some((m, s)) if m.times == 1 => named(s, format!("1 处，{}", length(m.all_ms))),
                Some((m, s)) => named(s, format!("{} 处，共 {}，最长 {}", m.times, length(m.all_ms), length(m.longest_ms))),
            },
            lost: match (packets, groups) {
                (0, 0) if w.streams.iter().all(|s| of(s.id).is_none()) => "—".into(),
                (0, 0) => "没有".into(),
                (p, 0) => format!("丢包 {p}"),
                (0, g) => format!("{g} 组没有写上"),
                (p, g) => format!("丢包 {p}，{g} 组没有写上"),
            },
            losing: groups > 0,
            rate: m.map_or("—".into(), |m| rate(m.bit_rate)),
            skew: if jumps == 0 { clock } else { format!("{clock}，跳变 {jumps} 次") },
            kept: match really {
                None => "不录".into(),
                Some((..=0, s)) if kept.iter().any(|k| k.stream_id == s.id) => named(s, "只有保全的".into()),
                Some((..=0, s)) => named(s, "没有".into()),
                Some((ms, s)) => named(s, days(ms)),
            },
            forecast: shortest.map_or("—".into(), |d| {
                if d > 3650.0 {
                    "十年以上".into()
                } else if d < 2.0 {
                    format!("{:.1} 小时", d * 24.0)
                } else {
                    format!("{d:.1} 天")
                }
            }),
            short: shortest.is_some_and(|d| d < w.camera.keep_days as f64),
            w,
        });
    }
    let names: HashMap<Uuid, String> = lines.iter().map(|l| (l.w.camera.id, l.w.camera.name.clone())).collect();
    let view = |a: Alarm| Open {
        of: match a.camera_id {
            Some(c) => names.get(&c).cloned().unwrap_or_else(|| "已停用的摄像机".into()),
            None if rules::lane(a.kind) == rules::Lane::Clock => "本机".into(),
            None => "录像盘".into(),
        },
        a,
    };
    let (open, past): (Vec<Alarm>, Vec<Alarm>) = alarms.into_iter().partition(|a| a.ended_at.is_none());
    let mut sums: HashMap<&str, (i64, i64)> = HashMap::new();
    for r in &removed {
        let words = match r.reason.as_str() {
            "age" => "到期",
            "quota" => "超过容量",
            "space" => "磁盘空间不足",
            _ => "文件不在盘上",
        };
        let s = sums.entry(words).or_default();
        (s.0, s.1) = (s.0 + r.files, s.1 + r.bytes);
    }
    let mut removed: Vec<(String, i64, String)> =
        sums.into_iter().map(|(k, v)| (k.to_string(), v.0, size(v.1))).collect();
    removed.sort();
    let shut = estate.as_ref().is_some_and(|l| l.shut_by().is_some());
    let disk = estate.as_ref().map_or(media::recorder::DiskState::Well, |l| l.disk());
    Ok(Health {
        well: lines.iter().filter(|l| l.now.badge == "badge--ok").count(),
        lines,
        alarms: open.into_iter().map(view).collect(),
        past: past.into_iter().map(view).take(20).collect(),
        disk: match disk {
            _ if shut => "没有打开",
            media::recorder::DiskState::Well => "正常",
            media::recorder::DiskState::Full => "已满，没有可删的",
            media::recorder::DiskState::Failing => "故障",
        },
        disk_bad: shut || disk != media::recorder::DiskState::Well,
        room: room.map_or(String::new(), |r| size(i64::try_from(r).unwrap_or(i64::MAX))),
        too_much: room.filter(|r| all_quotas > *r).map_or(String::new(), |r| {
            let [all, room] = [all_quotas, r].map(|n| size(i64::try_from(n).unwrap_or(i64::MAX)));
            let scaled = if disk_days.is_some() { "“能存”已按录像盘折算。" } else { "" };
            format!(
                "各路码流的容量合计 {all}，录像盘只放得下 {room} 录像。盘满以后不论容量，一律先删最早的（保全的除外）。{scaled}请换大的盘、减少容量或者降低码率。"
            )
        }),
        used: size(used),
        quota: size(quota),
        needed: if needed < 1.0 { String::new() } else { size(needed as i64) },
        removed,
        why_not: estate
            .as_ref()
            .map_or("这个进程没有接入摄像机，下面的“现在”不可知。".to_string(), |l| l.why_not()),
        here: if a.station.is_empty() {
            "/video/health/live".into()
        } else {
            format!(
                "/video/health/live?station={}",
                a.station.chars().filter(|c| c.is_ascii_hexdigit() || *c == '-').collect::<String>()
            )
        },
        part: false,
    })
}

/// `GET /video/health`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let content = load(&ctx, &a).await?;
    Page::new("视频设备健康", &content).crumb("摄像机", "/video").show(&ctx)
}

/// `GET /video/health/live`: the same for the live element.
pub async fn part(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let content = Health { part: true, ..load(&ctx, &a).await? };
    web::page::fragment(&content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_days_read_like_speech() {
        assert_eq!([None, Some(0), Some(-999), Some(-4_200)].map(clock_words), ["未知", "准", "准", "差 -4.2 秒"]);
        assert_eq!([days(5_400_000), days(86_400_000 * 30)], ["1.5 小时", "30.0 天"]);
    }
}
