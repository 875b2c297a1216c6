//! Alarms written down: a row in the history, a task for the operator, both closed when it is over.

use super::Live;
use crate::model::{Alarm, AlarmKind};
use crate::rules::{self, Lane};
use crate::store;
use kernel::{Actor, Purpose, Reader, Result, StationId, ToSpan, Tx, Uuid};
use std::collections::HashMap;

/// A camera, or a station (the ring, its disk, the machine), and what of it.
pub(super) type Subject = (StationId, Option<Uuid>, Lane);

/// Alarms that are not over.
pub(super) type Open = HashMap<Subject, Alarm>;

/// Those of all stations.
pub(super) async fn known(live: &Live) -> Result<Open> {
    let look = live.app.look(&Actor::system(), "video.alarms", Purpose::Administration);
    let all = live.app.db().read(&look, async |r: &mut Reader| store::open_alarms(r).await).await?;
    Ok(all.into_iter().map(|a| ((a.station_id, a.camera_id, rules::lane(a.kind)), a)).collect())
}

/// What stands in the history about it, and the reason that the task's title gives.
fn detail(live: &Live, (_, camera, lane): Subject, kind: AlarmKind, patience: i64) -> (String, String) {
    let sight = live.sight();
    let of = |f: &dyn Fn(&super::Seen) -> Option<String>| {
        let mut all: Vec<(u8, String)> = sight
            .streams
            .values()
            .filter(|s| Some(s.owner) == camera)
            .filter_map(|s| Some((s.kind as u8, format!("{}：{}", s.kind.label(), f(s)?))))
            .collect();
        all.sort();
        all.into_iter().map(|x| x.1).collect::<Vec<_>>().join("；")
    };
    match lane {
        Lane::State => {
            let seen = sight.streams.values().find(|s| Some(s.owner) == camera && s.alarm == Some(kind));
            match seen {
                Some(s) => (of(&|s| (s.alarm == Some(kind)).then(|| s.words.clone())), s.reason.clone()),
                None => {
                    let a = live.applied();
                    let own = a.owners.iter().filter(|(_, o)| Some(o.camera) == camera).map(|(id, _)| id);
                    let why = own.filter_map(|id| a.problems.get(id)).next().cloned().unwrap_or_default();
                    (why.clone(), why)
                }
            }
        }
        Lane::Picture => {
            let words = |s: &super::Seen| s.other_than.as_ref().map(|usual| format!("{usual} 变成 {}", s.picture));
            let first = sight.streams.values().filter(|s| Some(s.owner) == camera).find_map(words);
            (of(&words), first.unwrap_or_default())
        }
        Lane::Files => {
            let words = live.standing().files(live.app.now(), patience);
            let words = camera.and_then(|c| words.get(&c).cloned()).unwrap_or_default();
            (words.clone(), words)
        }
        Lane::Clock => {
            let words = live.standing().clock(live.app.now(), patience).unwrap_or_default();
            (words.clone(), words)
        }
        Lane::Ring => (live.why_not(), String::new()),
        Lane::Disk => (String::new(), String::new()),
    }
}

/// Closes what was open about a subject, and opens what is so now; `None`: it is well.
pub(super) async fn tell(
    live: &Live,
    subject: Subject,
    kind: Option<AlarmKind>,
    patience: i64,
    open: &mut Open,
) -> Result<()> {
    let (station, camera, _) = subject;
    let old = open.get(&subject).cloned();
    if old.as_ref().map(|a| a.kind) == kind {
        return Ok(());
    }
    let act = live.app.look(&Actor::system(), "video.alarm", Purpose::Administration).in_station(station);
    let hours = live.app.rules().int("video.alarm_handle_hours", live.app.today())?;
    let (detail, reason) = kind.map_or_else(Default::default, |k| detail(live, subject, k, patience));
    let new = live
        .app
        .db()
        .write(&act, async |tx: &mut Tx| {
            if let Some(a) = &old {
                store::end_alarm(tx, station, a.id).await?;
                notices::actions::done_all(tx, a.id).await?;
                tx.record("video.alarm_over", &[("video_alarm", a.id)], "");
                tx.emit("video.alarm", a.id);
            }
            let Some(kind) = kind else { return Ok(None) };
            let alarm = Alarm {
                station_id: station,
                id: tx.fresh(),
                camera_id: camera,
                kind,
                detail: detail.clone(),
                began_at: tx.now(),
                ended_at: None,
            };
            store::open_alarm(tx, &alarm).await?;
            let name = match camera {
                Some(c) => store::camera(tx, c).await.map_or(String::new(), |c| c.camera.name),
                None => String::new(),
            };
            let task = notices::model::NewTask {
                station,
                kind: "video.alarm",
                title: rules::alarm_title(kind, &name, &reason),
                path: camera.map_or("/video/health".into(), |c| format!("/video/cameras/{c}")),
                record: alarm.id,
                to_user: None,
                to_role: Some(kernel::Role::Operator),
                due: alarm.began_at + hours.hours(),
            };
            notices::actions::put(tx, task).await?;
            tx.record("video.alarm", &[("video_alarm", alarm.id)], kind.code());
            tx.emit("video.alarm", alarm.id);
            Ok(Some(alarm.id))
        })
        .await?;
    match (new, kind) {
        (Some(id), Some(kind)) => {
            let began_at = live.app.now();
            open.insert(subject, Alarm { station_id: station, id, camera_id: camera, kind, detail, began_at, ended_at: None })
        }
        _ => open.remove(&subject),
    };
    Ok(())
}
