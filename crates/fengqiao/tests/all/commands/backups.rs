//! Backup and restore, with everything in it: files, evidence, the entry of who restored; and what is refused.

use crate::common::{Home, administrators, fresh_database, furnish};
use kernel::{Actor, App, AttachmentId, Purpose, Reader, StationId, Tx, Uuid};
use std::path::Path;
use testkit::engines;

/// A file of several pieces, that no compression makes small.
fn film() -> Vec<u8> {
    let mut x = 0x2545_f491_u32;
    let noise = std::iter::repeat_with(move || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x as u8
    });
    b"%PDF-1.4\n".iter().copied().chain(noise.take(700_000)).collect()
}

/// A file of an incident, and the record of a film that was taken out as evidence.
async fn evidence(app: &App, station: StationId, bytes: &[u8]) -> AttachmentId {
    let who = Actor::local("test");
    let act = app.act(&who, "test.evidence", Purpose::Incident, app.fresh_command());
    let file = attachments::prepare("现场.pdf", bytes.to_vec().into()).await.unwrap();
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let (record, export) = (tx.fresh::<Uuid>(), tx.fresh::<Uuid>());
            tx.exec(
                kernel::sql!("insert into video_export (station_id, id, number, watch_id, from_ms, to_ms, purpose, reason, incident_number, state, at, by_user, user_name, unit, approver, answer) values ($1, $2, '录〔2026〕1号', $2, 1, 2, 'incident', '核对经过', '警〔2026〕1号', 'ready', 3, $2, '测试民警', '测试派出所', '', '')"),
                kernel::args![station, export],
            )
            .await?;
            tx.exec(
                kernel::sql!("insert into video_clip (station_id, id, export_id, camera_id, stream_id, state, made_at, parts, bytes, facts) values ($1, $2, $2, $2, $2, 'ready', 4, 1, 5, '{\"sha256\":\"ab12\"}')"),
                kernel::args![station, export],
            )
            .await?;
            let id = attachments::keep(app, tx, station, "test", record, ("test", record), std::slice::from_ref(&file)).await?[0];
            tx.record("test.evidence", &[("attachment", id.0)], "");
            Ok(id)
        })
        .await
        .unwrap()
}

async fn opened(app: &App, id: AttachmentId) -> (Vec<u8>, String) {
    let look = app.look(&Actor::local("test"), "test.look", Purpose::Audit);
    let read = app.db().read(&look, async |r: &mut Reader| {
        let owner = attachments::owner_of(r, id).await?;
        let bytes = attachments::load(app, r, &owner).await?;
        let rows = r.rows(kernel::sql!("select e.number, e.reason, c.facts from video_export e join video_clip c on c.export_id = e.id"), vec![]).await?;
        let text = |name: &str| rows[0].get::<String>(name);
        Ok((bytes, format!("{} {} {}", text("number")?, text("reason")?, text("facts")?)))
    });
    read.await.unwrap()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

/// The secrets of a key file in every form in which they could lie somewhere.
fn secrets(keys: &Path) -> Vec<Vec<u8>> {
    use base64::Engine;
    let text = std::fs::read_to_string(keys).unwrap();
    let mut out = vec![];
    for secret in text.lines().filter_map(|l| l.strip_prefix("secret = \"")?.strip_suffix('"')) {
        let raw = base64::engine::general_purpose::STANDARD.decode(secret).unwrap();
        out.extend([secret.as_bytes().to_vec(), raw.iter().map(|b| format!("{b:02x}")).collect::<String>().into_bytes(), raw]);
    }
    assert!(out.len() >= 15, "five kinds of keys: {}", out.len());
    out
}

fn names(dir: &Path) -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

/// Another place for the same engine: `restore` arguments for a backup with these keys.
async fn elsewhere(home: &Home) -> Home {
    let mut other = Home::new();
    if home.database.is_some() {
        other.database = Some(fresh_database().await);
    }
    other
}

#[tokio::test]
async fn files_and_evidence_come_back_byte_for_byte_and_the_keys_stay_outside() {
    for engine in engines() {
        let home = Home::on(engine).await;
        let station = furnish(&home).await;
        administrators(&home).await;
        let app = home.app().await;
        let film = film();
        let id = evidence(&app, station, &film).await;
        app.db().close().await;

        let (file, keys) = (home.path("disk/b.fqb"), home.path("data/keys.toml"));
        std::fs::create_dir(home.path("disk")).unwrap();
        let (file_text, keys_text) = (file.to_str().unwrap(), keys.to_str().unwrap());
        home.good(&["backup", file_text, "--as", "sys"]);
        assert_eq!(names(&home.path("disk")), ["b.fqb"], "{engine}: nothing unencrypted beside the backup");
        assert!(!names(&home.path("data")).iter().any(|n| n.ends_with(".copying")), "{engine}");
        let sealed = std::fs::read(&file).unwrap();
        assert!(!holds(&sealed, &film[100..140]) && !holds(&sealed, "楼上半夜".as_bytes()), "{engine}: the backup is not encrypted");
        let mut plain = vec![];
        vault::backup::decrypt(&vault::KeyFile::load(&keys).unwrap(), &mut sealed.as_slice(), &mut plain).unwrap();
        for secret in secrets(&keys) {
            assert!(!holds(&sealed, &secret) && !holds(&plain, &secret), "{engine}: a key lies in the backup");
        }

        let other = elsewhere(&home).await;
        let said = other.good(&["restore", file_text, "--keys-file", keys_text, "--as", "sys"]);
        assert!(said.contains("已恢复到") && said.contains("audit verify"), "{engine}: {said}");
        let left = names(&other.path("data"));
        assert!(left.iter().all(|n| n.starts_with("fengqiao.sqlite")), "{engine}: {left:?}");
        assert_eq!(left.is_empty(), engine == "postgres", "{engine}: {left:?}");
        std::fs::copy(&keys, other.path("data/keys.toml")).unwrap();
        let app = other.app().await;
        let (bytes, records) = opened(&app, id).await;
        assert!(bytes == film, "{engine}: the file is another one");
        assert_eq!(records, "录〔2026〕1号 核对经过 {\"sha256\":\"ab12\"}", "{engine}");
        app.db().close().await;
        // Who restored stands in the restored chain, by account and by user of the machine; in the first there is no such entry.
        let chain = other.chain().await;
        let entry: serde_json::Value = chain.iter().rev().map(|b| serde_json::from_str(b).unwrap()).find(|e: &serde_json::Value| e["action"] == "backup.restore").unwrap();
        assert_eq!(entry["role"], "system_admin", "{engine}: {entry}");
        assert!(entry["os_user"].is_string(), "{engine}: {entry}");
        assert!(chain.iter().any(|b| b.contains("\"backup.write\"")), "{engine}: the backup was taken after its own entry");
        assert!(!home.chain().await.iter().any(|b| b.contains("backup.restore")), "{engine}");
        assert!(other.good(&["audit", "verify"]).contains("完整"), "{engine}");

        // Once more onto it: refused, and what is there stays.
        let again = other.refused(&["restore", file_text, "--as", "sys"]);
        assert!(again.contains("没有覆盖") && again.contains("空"), "{engine}: {again}");
        assert_eq!(opened(&other.app().await, id).await.0, film, "{engine}");
    }
}

#[tokio::test]
async fn a_backup_that_is_cut_changed_or_of_other_keys_is_refused_with_a_sentence_and_leaves_nothing() {
    for engine in engines() {
        let home = Home::on(engine).await;
        furnish(&home).await;
        administrators(&home).await;
        let (file, keys) = (home.path("b.fqb"), home.path("data/keys.toml"));
        home.good(&["backup", file.to_str().unwrap()]);
        let keys = keys.to_str().unwrap();
        let whole = std::fs::read(&file).unwrap();
        let flipped = |at: usize| {
            let mut all = whole.clone();
            all[at] ^= 1;
            all
        };
        let head = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(3).unwrap().0;
        let other = elsewhere(&home).await;
        for (what, bytes, says) in [
            ("empty", vec![], "不是完整的枫桥备份"),
            ("another file", b"PK\x03\x04 something else entirely, long enough to be read as a head\n\n\n\n".to_vec(), "不是枫桥的备份"),
            ("cut in its head", whole[..head - 4].to_vec(), "不是完整的枫桥备份"),
            ("cut after its head", whole[..head + 1].to_vec(), "解不开"),
            ("cut in the middle", whole[..whole.len() / 2].to_vec(), "解不开"),
            ("without its last piece", whole[..head + 1 + 65_552].to_vec(), "解不开"),
            ("without its last byte", whole[..whole.len() - 1].to_vec(), "解不开"),
            ("longer", [&whole[..], b"x"].concat(), "解不开"),
            ("changed in its salt", flipped(head - 3), ""),
            ("changed at its begin", flipped(head + 20), "解不开"),
            ("changed in the middle", flipped(whole.len() / 2), "解不开"),
            ("changed at its end", flipped(whole.len() - 1), "解不开"),
        ] {
            let bad = home.path("bad.fqb");
            std::fs::write(&bad, bytes).unwrap();
            let text = other.refused(&["restore", bad.to_str().unwrap(), "--keys-file", keys]);
            assert!(text.contains(says), "{engine} {what}: {text}");
            assert_eq!(names(&other.path("data")), Vec::<String>::new(), "{engine} {what}: something stayed");
        }
        assert!(other.refused(&["restore", "/nonexistent.fqb", "--keys-file", keys]).contains("核对路径"), "{engine}");
        // Keys of another installation, even under the same name; no keys at all; a missing account.
        let stranger = Home::new();
        stranger.good(&["init"]);
        let wrong = stranger.path("data/keys.toml");
        let text = other.refused(&["restore", file.to_str().unwrap(), "--keys-file", wrong.to_str().unwrap()]);
        let id = vault::backup::key_of(&mut whole.as_slice()).unwrap();
        assert!(text.contains(&id) && text.contains("另一处安装"), "{engine}: {text}");
        let text = other.refused(&["restore", file.to_str().unwrap()]);
        assert!(text.contains(&id) && text.contains("--keys-file"), "{engine}: {text}");
        for (account, says) in [("nobody", "没有账号 nobody"), ("aux", "没有“系统维护")] {
            let text = other.refused(&["restore", file.to_str().unwrap(), "--keys-file", keys, "--as", account]);
            assert!(text.contains(says), "{engine}: {text}");
            assert_eq!(names(&other.path("data")), Vec::<String>::new(), "{engine}");
        }
        // Data of whatever kind in the directory is not written over.
        for thing in ["fengqiao.sqlite", "fengqiao.sqlite-wal", "DEMO", "ring", "exports"] {
            let busy = elsewhere(&home).await;
            std::fs::create_dir_all(busy.path("data")).unwrap();
            std::fs::write(busy.path("data").join(thing), "x").unwrap();
            let text = busy.refused(&["restore", file.to_str().unwrap(), "--keys-file", keys]);
            assert!(text.contains(thing) && text.contains("没有覆盖"), "{engine}: {text}");
            assert_eq!(names(&busy.path("data")), [thing], "{engine}");
        }
        // After all these it is still good; the operator of the machine restores it, and that is recorded.
        other.good(&["restore", file.to_str().unwrap(), "--keys-file", keys]);
        std::fs::copy(keys, other.path("data/keys.toml")).unwrap();
        let last = other.chain().await.into_iter().rev().find(|b| b.contains("backup.restore")).unwrap();
        assert!(last.contains("\"role\":\"local_operator\"") && last.contains("os_user"), "{engine}: {last}");
    }
}

#[tokio::test]
async fn a_backup_of_one_engine_is_not_taken_for_the_other() {
    if engines().len() < 2 {
        return;
    }
    let (lite, pg) = (Home::new(), Home::on("postgres").await);
    for home in [&lite, &pg] {
        furnish(home).await;
        home.good(&["backup", home.path("b.fqb").to_str().unwrap()]);
    }
    let keys = |home: &Home| home.path("data/keys.toml").display().to_string();
    let other = Home::new();
    let text = other.refused(&["restore", pg.path("b.fqb").to_str().unwrap(), "--keys-file", &keys(&pg)]);
    assert!(text.contains("PostgreSQL 的备份") && text.contains("--database"), "{text}");
    let other = Home::on("postgres").await;
    let text = other.refused(&["restore", lite.path("b.fqb").to_str().unwrap(), "--keys-file", &keys(&lite)]);
    assert!(text.contains("嵌入式数据库的备份") && text.contains("--data"), "{text}");
    assert_eq!(names(&other.path("data")), Vec::<String>::new());
}
