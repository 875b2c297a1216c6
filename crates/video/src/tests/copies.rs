//! Copies for publication: regions placed by hand, burnt in by a real ffmpeg, looked at by another leader, let out.

use super::exports::exported;
use super::town::town;
use crate::model::{BlurCopy, CopyState, LookKind};
use crate::run::copies as files;
use crate::store::{self, LookQuery};
use kernel::{Actor, Reader, Role, StationId};
use std::time::{Duration, Instant};
use testkit::actor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_placed_made_seen_by_another_and_let_out() {
    let town = town("sqlite").await;
    let (t, app) = (&town.t, &town.t.app);
    let x = exported(&town).await;
    let start = format!("/video/clips/{}/copies", x.clip.id);
    for who in [&town.operator, &town.admin] {
        t.post(who, &start, &[("part", "1"), ("used_for", "警情通报")]).await.is(403);
    }
    t.post(&town.leader, &start, &[("part", "1"), ("used_for", "警情通报")]).await.is(403).says("只能由申请人");
    t.post(&town.officer, &start, &[("part", "2"), ("used_for", "警情通报")]).await.is(404);
    t.post(&town.officer, &start, &[("part", "1"), ("used_for", "发")]).await.is(422).says("发布到哪里");
    let id = t.post(&town.officer, &start, &[("part", "1"), ("used_for", "警情通报配图")]).await.is(303).new_id();
    let page = format!("/video/exports/copies/{id}");
    t.get(&town.stranger, &page).await.is(404);
    t.get(&town.officer, &page).await.is(200).says("做遮挡副本").says("原片").says("fq-blur");
    t.get(&town.leader, &page).await.is(200).says("正在标出遮挡区域");
    t.get(&actor(Role::AuditAdmin, StationId::NIL), &page).await.is(200);
    for part in ["film", "download", "manifest"] {
        t.get(&town.officer, &format!("{page}/{part}")).await.is(404);
    }

    // The original is played in pieces: one look.
    let query = LookQuery::default();
    let looks = async || town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await;
    t.get(&actor(Role::AuditAdmin, StationId::NIL), &format!("{page}/original")).await.is(403);
    let before = looks().await.len();
    for _ in 0..3 {
        t.get(&town.officer, &format!("{page}/original")).await.is(200);
    }
    let seen = looks().await;
    assert_eq!(seen.len(), before + 1);
    assert!(seen.iter().all(|l| l.kind == LookKind::Replay && !l.exported && l.user_id == town.officer.user));
    app.clock().advance(700);
    t.get(&town.officer, &format!("{page}/original")).await.is(200);
    assert_eq!(looks().await.len(), before + 2, "after ten minutes it is another look");

    // Rows as typed come back with what is wrong; saved ones are there again.
    let regions = format!("{page}/regions");
    let wrong = [("version", "1"), ("rows", "1"), ("do", "save"), ("r0", "1"), ("t0", "1"), ("x0", "95"), ("y0", "1"), ("w0", "10"), ("h0", "10")];
    t.post(&town.officer, &regions, &wrong).await.is(422).says("第 1 行：矩形应在画面之内").says("value=\"95\"");
    t.post(&town.officer, &regions, &[("version", "1"), ("rows", "1"), ("do", "make")]).await.is(422).says("还没有标出");
    t.post(&town.leader, &regions, &wrong).await.is(403).says("只能由做副本的人改");
    let rows = [
        ("rows", "1"), ("r0", "1"), ("t0", "0"), ("x0", "10"), ("y0", "10"), ("w0", "20"), ("h0", "20"),
        ("r1", "1"), ("t1", "3"), ("x1", "40"), ("y1", "10"), ("w1", "20"), ("h1", "20"),
        ("r2", "2"), ("t2", "0"), ("x2", "70"), ("y2", "70"), ("w2", "10"), ("h2", "10"),
    ];
    let with = |version: &'static str, what: &'static str| [&rows[..], &[("version", version), ("do", what)]].concat();
    t.post(&town.officer, &regions, &with("1", "save")).await.is(303);
    t.post(&town.officer, &regions, &with("1", "save")).await.is(422).says("刚刚被他人改过");
    t.get(&town.officer, &page).await.is(200).says("value=\"40.0\"");

    // Without ffmpeg: refused with that reason; nothing is published.
    x.running.live().use_ffmpeg("/nowhere/ffmpeg".into());
    t.post(&town.officer, &regions, &with("2", "make")).await.is(422).says("没有 ffmpeg").says("不能公开发布");
    t.get(&town.officer, &page).await.is(200).says("没有 ffmpeg");
    let Some(ffmpeg) = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|d| d.join("ffmpeg"))
        .find(|p| p.is_file())
    else {
        eprintln!("no ffmpeg: the making is left out");
        x.running.stop().await;
        return;
    };
    x.running.live().use_ffmpeg(ffmpeg);
    let data = app.settings().data.clone();
    let original = std::fs::read(crate::run::exports::part(&data, x.clip.id, 0)).unwrap();
    t.post(&town.officer, &regions, &with("2", "make")).await.is(303);
    let copy = async || town.read(async |r: &mut Reader| store::copy(r, id).await).await;
    let made = async || -> BlurCopy {
        let end = Instant::now() + Duration::from_secs(90);
        loop {
            let y = copy().await;
            if !matches!(y.state, CopyState::Waiting | CopyState::Making) || Instant::now() > end {
                return y;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let y = made().await;
    assert_eq!(y.state, CopyState::Made, "{}", y.facts);
    assert_eq!(std::fs::read(crate::run::exports::part(&data, x.clip.id, 0)).unwrap(), original, "the original stays");
    t.post(&town.officer, &regions, &with("3", "save")).await.is(422).says("不能再改");

    // Another leader looks at it, in the register; who made it does not decide.
    let duty = actor(Role::DutyLeader, town.station);
    t.get(&duty, "/").await.is(200).says("审核公开发布的录像副本");
    let before = looks().await.len();
    t.get(&duty, &format!("{page}/film")).await.is(200);
    assert_eq!(looks().await.len(), before + 1);
    t.get(&town.officer, &format!("{page}/download")).await.is(404);
    let decide = format!("{page}/decide");
    t.post(&town.officer, &decide, &[("do", "approve")]).await.is(403);
    t.post(&duty, &decide, &[("do", "refuse"), ("answer", "")]).await.is(422).says("哪里没有遮住");
    t.post(&duty, &decide, &[("do", "refuse"), ("answer", "右下角车牌露出")]).await.is(303);
    t.get(&town.officer, &page).await.is(200).says("右下角车牌露出").says("fq-blur");
    t.post(&town.officer, &regions, &with("3", "make")).await.is(303);
    let y = made().await;
    assert_eq!(y.state, CopyState::Made, "{}", y.facts);
    t.post(&duty, &decide, &[("do", "approve")]).await.is(303);
    t.post(&town.leader, &decide, &[("do", "approve")]).await.is(422).says("不在审核中");

    // Taken by who made it; the manifest names the original and proves the copy.
    t.get(&duty, &format!("{page}/download")).await.is(403);
    let before = looks().await.len();
    let got = t.get(&town.officer, &format!("{page}/download")).await.is(200);
    assert!(got.headers["content-disposition"].to_str().unwrap().contains("blurred.mp4"));
    let seen = looks().await;
    let taken = seen.iter().filter(|l| l.kind == LookKind::Export && l.exported).count();
    assert!(seen.len() == before + 1 && taken == 1, "{seen:?}");
    t.get(&town.officer, &format!("{page}/manifest")).await.is(200);
    let film = std::fs::read(files::film(&data, &y)).unwrap();
    let manifest = std::fs::read(files::manifest(&data, &y)).unwrap();
    let (_, s) = evidence::Sealed::parse(&manifest).unwrap();
    let sizes: Vec<u64> = s.clip.parts.iter().filter_map(|p| Some(p.blocks.as_ref()?.size)).collect();
    let v = evidence::verify(&manifest, &evidence::measure(&mut &film[..], &sizes).unwrap(), &[]).unwrap();
    assert!(v.is_whole(), "{v:?}");
    let of = s.blurred.unwrap();
    let whole = evidence::measure(&mut &original[..], &[]).unwrap();
    assert_eq!((of.original_sha256, of.original_sm3, of.regions), (whole.sha256, whole.sm3, 2));
    assert_eq!((&*s.purpose, &*s.reason), ("公开发布", "警情通报配图"));
    t.get(&town.officer, &format!("/video/exports/{}", x.id)).await.is(200).says("警情通报配图").says("可以发布");
    t.get(&Actor::resident(town.station), &page).await.is(303);
    x.running.stop().await;
}
