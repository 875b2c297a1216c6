//! What is kept of a file, and how, on both engines.

use crate::{Prepared, domain, due, forget, keep, load, of_record, owner_emptied, owner_of, prepare};
use image::{DynamicImage, ImageFormat, RgbImage};
use kernel::rules::RuleSet;
use kernel::{Actor, AttachmentId, Purpose, Reader, StationId, Tx, Uuid};
use std::io::Cursor;
use testkit::{TestApp, engines};

const PLACE: &[u8] = b"GPS 49.2122,119.7365";

/// A photo as a telephone takes it: where it was taken stands beside the picture.
fn photo(shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(vec![]);
    let picture = RgbImage::from_pixel(64, 48, image::Rgb([shade, 90, 30]));
    DynamicImage::ImageRgb8(picture).write_to(&mut out, ImageFormat::Jpeg).expect("a JPEG");
    let plain = out.into_inner();
    let mut note = b"Exif\0\0".to_vec();
    note.extend_from_slice(PLACE);
    let length = (note.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &note, &plain[2..]].concat()
}

async fn app(engine: &str) -> TestApp {
    TestApp::new(engine, RuleSet::load(&[], Default::default()).expect("rules"), vec![domain()]).await
}

async fn put(t: &TestApp, record: Uuid, file: &Prepared) -> AttachmentId {
    put_all(t, record, std::slice::from_ref(file)).await[0]
}

async fn put_all(t: &TestApp, record: Uuid, files: &[Prepared]) -> Vec<AttachmentId> {
    let act = t.app.act(&Actor::local("test"), "test.keep", Purpose::Incident, t.app.fresh_command());
    let station = StationId(Uuid::from_u128(1));
    let kept = t.app.db().write(&act, async |tx: &mut Tx| keep(&t.app, tx, station, "feedback", record, ("incident", record), files).await);
    kept.await.expect("kept")
}

async fn count(t: &TestApp, statement: &'static kernel::Sql) -> i64 {
    let look = t.app.look(&Actor::system(), "test.count", Purpose::Audit);
    t.app.db().read(&look, async |r: &mut Reader| r.count(statement, vec![]).await).await.expect("a count")
}

async fn content(t: &TestApp, id: AttachmentId) -> kernel::Result<Vec<u8>> {
    let look = t.app.look(&Actor::system(), "test.load", Purpose::Audit);
    t.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let owner = owner_of(r, id).await?;
            load(&t.app, r, &owner).await
        })
        .await
}

#[tokio::test]
async fn where_a_photo_was_taken_does_not_stay_in_it() {
    let taken = photo(200);
    assert!(taken.windows(PLACE.len()).any(|w| w == PLACE));
    let kept = prepare("现场.jpeg", taken.into()).await.expect("a photo");
    assert!(!kept.bytes.windows(3).any(|w| w == b"GPS") && !kept.bytes.windows(4).any(|w| w == b"Exif"));
    assert_eq!((kept.media_type, kept.file_name.as_str()), ("image/jpeg", "现场.jpg"));
}

#[tokio::test]
async fn the_same_content_is_kept_once_and_sealed() {
    for engine in engines() {
        let t = app(engine).await;
        let file = prepare("现场.jpeg", photo(200).into()).await.expect("a photo");
        let (a, b) = (Uuid::from_u128(10), Uuid::from_u128(11));
        let (first, second) = (put(&t, a, &file).await, put(&t, b, &file).await);
        let other = prepare("另一张.jpeg", photo(20).into()).await.expect("a photo");
        put(&t, b, &other).await;
        assert_eq!(count(&t, kernel::sql!("select count(*) as n from attachments_blob")).await, 2, "{engine}");
        assert_eq!((content(&t, first).await.expect("read"), content(&t, second).await.expect("read")), (file.bytes.clone(), file.bytes.clone()));
        let look = t.app.look(&Actor::system(), "test.list", Purpose::Audit);
        let listed = t.app.db().read(&look, async |r: &mut Reader| of_record(r, "feedback", b).await).await.expect("a list");
        let mut names: Vec<&str> = listed.iter().map(|k| k.file_name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["另一张.jpg", "现场.jpg"]);
        let look = t.app.look(&Actor::system(), "test.pieces", Purpose::Audit);
        let pieces = t.app.db().read(&look, async |r: &mut Reader| r.rows(kernel::sql!("select sealed from attachments_piece"), vec![]).await).await.expect("pieces");
        for row in &pieces {
            let sealed: Vec<u8> = row.get("sealed").expect("bytes");
            assert!(!sealed.windows(4).any(|w| w == b"JFIF"), "{engine}: a picture lies open in the database");
        }
        // After a rotation the old ones still open, and new ones go under the new key.
        let mut keys = (*t.app.vault().keys()).clone();
        keys.rotate(vault::KeyKind::Data, "2026-06-01").expect("a key");
        assert!(t.app.vault().renew(keys).expect("taken on"));
        let later = prepare("后来.jpeg", photo(120).into()).await.expect("a photo");
        let later_id = put(&t, a, &later).await;
        assert_eq!((content(&t, first).await.expect("read"), content(&t, later_id).await.expect("read")), (file.bytes, later.bytes));
    }
}

#[tokio::test]
async fn two_who_keep_the_same_files_in_opposite_orders_never_wait_for_each_other() {
    for engine in engines() {
        let t = app(engine).await;
        for round in 0..20 {
            let a = prepare("a.jpeg", photo(2 * round).into()).await.expect("a photo");
            let b = prepare("b.jpeg", photo(2 * round + 1).into()).await.expect("a photo");
            let (there, back) = ([a.clone(), b.clone()], [b, a]);
            let record = |n: u128| Uuid::from_u128(100 + 2 * u128::from(round) + n);
            let (one, other) = tokio::join!(put_all(&t, record(0), &there), put_all(&t, record(1), &back));
            assert_eq!((one.len(), other.len()), (2, 2));
            let look = t.app.look(&Actor::system(), "test.list", Purpose::Audit);
            let listed = t.app.db().read(&look, async |r: &mut Reader| of_record(r, "feedback", record(1)).await).await.expect("a list");
            assert_eq!(listed.len(), 2, "{engine}");
        }
    }
}

#[tokio::test]
async fn a_changed_piece_is_not_given_out() {
    for engine in engines() {
        let t = app(engine).await;
        let (one, two) = (prepare("a.jpeg", photo(200).into()).await.expect("a photo"), prepare("b.jpeg", photo(20).into()).await.expect("a photo"));
        let (first, _) = (put(&t, Uuid::from_u128(10), &one).await, put(&t, Uuid::from_u128(10), &two).await);
        let act = t.app.act(&Actor::system(), "test.forge", Purpose::Audit, t.app.fresh_command());
        // The sealed bytes of one file in the place of another's.
        let forged = t.app.db().write(&act, async |tx: &mut Tx| {
            tx.record("test.forge", &[("attachment", first.0)], "");
            tx.exec(kernel::sql!("update attachments_piece set sealed = (select p.sealed from attachments_piece p where p.digest <> attachments_piece.digest limit 1)"), vec![]).await
        });
        forged.await.expect("forged");
        assert!(content(&t, first).await.is_err(), "{engine}");
    }
}

#[tokio::test]
async fn a_file_goes_after_its_record_and_content_that_another_record_has_stays() {
    for engine in engines() {
        let t = app(engine).await;
        let file = prepare("现场.jpg", photo(120).into()).await.unwrap();
        let (ended, open) = (Uuid::from_u128(21), Uuid::from_u128(22));
        let (gone, stays) = (put(&t, ended, &file).await, put(&t, open, &file).await);
        let late = t.app.now().checked_add(std::time::Duration::from_secs(86_400)).unwrap();
        let found = async |kind: &'static str| {
            let look = t.app.look(&Actor::system(), "test.due", Purpose::Retention);
            t.app.db().read(&look, async |r: &mut Reader| due(r, kind, late, 10).await).await.unwrap()
        };
        let write = async |id: Option<AttachmentId>| {
            let act = t.app.act(&Actor::local("test"), "test.clear", Purpose::Retention, t.app.fresh_command());
            let work = async |tx: &mut Tx| {
                tx.record("test.clear", &[], "");
                match id {
                    None => owner_emptied(tx, "incident", ended).await.map(|()| 0),
                    Some(id) => forget(tx, id.0).await,
                }
            };
            t.app.db().write(&act, work).await.unwrap()
        };
        assert_eq!(write(Some(gone)).await, 0, "{engine}: its record still has its texts");
        write(None).await;
        assert_eq!(found("incident").await, [(StationId(Uuid::from_u128(1)), gone.0, ended)], "{engine}");
        assert!(found("dispute").await.is_empty(), "{engine}");
        assert_eq!((write(Some(gone)).await, write(Some(gone)).await), (1, 0), "{engine}");
        assert_eq!(content(&t, gone).await.unwrap_err().key(), "files.cleared", "{engine}");
        assert_eq!(content(&t, stays).await.unwrap(), file.bytes, "{engine}");
        let look = t.app.look(&Actor::system(), "test.list", Purpose::Audit);
        let left = t.app.db().read(&look, async |r: &mut Reader| of_record(r, "feedback", ended).await).await.unwrap();
        assert_eq!((left.len(), left[0].file_name.as_str(), left[0].is_there()), (1, "附件已到期清理", false), "{engine}");
        // With the last record its content goes as well.
        let act = t.app.act(&Actor::local("test"), "test.clear", Purpose::Retention, t.app.fresh_command());
        let work = async |tx: &mut Tx| {
            tx.record("test.clear", &[], "");
            owner_emptied(tx, "incident", open).await?;
            forget(tx, stays.0).await
        };
        assert_eq!(t.app.db().write(&act, work).await.unwrap(), 1, "{engine}");
        assert_eq!(count(&t, kernel::sql!("select count(*) as n from attachments_piece")).await, 0, "{engine}");
        assert_eq!(count(&t, kernel::sql!("select count(*) as n from attachments_blob")).await, 0, "{engine}");
    }
}

/// Many keep the bytes that others forget: who has a link has the content.
#[tokio::test]
async fn what_is_kept_while_the_same_bytes_are_forgotten_has_its_content() {
    for engine in engines() {
        let t = app(engine).await;
        let file = prepare("现场.jpg", photo(60).into()).await.unwrap();
        let mut last = put(&t, Uuid::from_u128(1_000), &file).await;
        for round in 0..12u128 {
            let (ended, next) = (Uuid::from_u128(1_000 + round), Uuid::from_u128(1_001 + round));
            let act = t.app.act(&Actor::local("test"), "test.clear", Purpose::Retention, t.app.fresh_command());
            let work = async |tx: &mut Tx| {
                tx.record("test.clear", &[], "");
                owner_emptied(tx, "incident", ended).await?;
                forget(tx, last.0).await
            };
            let (kept, gone) = tokio::join!(put(&t, next, &file), t.app.db().write(&act, work));
            assert_eq!(gone.unwrap(), 1, "{engine}");
            assert_eq!(content(&t, kept).await.unwrap(), file.bytes, "{engine}, round {round}");
            last = kept;
        }
        assert_eq!(count(&t, kernel::sql!("select count(*) as n from attachments_blob")).await, 1, "{engine}");
    }
}
