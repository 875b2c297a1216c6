//! Search in an index that is divided by station: who asks finds the own station's records, newest first.

#[macro_use]
mod common;

use kernel::search::{Ask, Doc, Hit};
use kernel::{Actor, CommandId, Db, Purpose, Reach, Reader, StationId, Timestamp, Tx, Uuid, args, sql};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + minute * 60).unwrap()
}

fn station(n: u128) -> StationId {
    StationId(Uuid::from_u128(n))
}

async fn index(db: &Db, texts: Vec<(StationId, i64, &'static str)>) {
    let act = Actor::system().act("test.index", Purpose::Administration, CommandId(db.clock().new_id()), db.clock().now());
    let done = db.write(&act, async |tx: &mut Tx| {
        for (station, minute, title) in &texts {
            let id: Uuid = tx.fresh();
            tx.index(&Doc { kind: "incident", id, station: *station, grid: None, beat: None, at: at(*minute), title, text: "楼上噪音" }).await?;
        }
        tx.record("test.index", &[("thing", Uuid::nil())], "");
        Ok(())
    });
    done.await.unwrap();
}

async fn titles(db: &Db, reach: Reach, before: Option<Timestamp>, limit: i64) -> Vec<String> {
    let act = Actor::system().act("test.search", Purpose::Incident, CommandId(db.clock().new_id()), db.clock().now());
    let ask = Ask { reach, kinds: vec!["incident"], before, limit };
    let hits: Vec<Hit> = db.read(&act, async |r: &mut Reader| r.search("噪音", &ask).await).await.unwrap();
    hits.into_iter().map(|h| h.title).collect()
}

async fn each_station_finds_its_own_and_all_come_newest_first(engine: &'static str) {
    let (db, _dir) = common::open(engine, &[]).await;
    let (a, b) = (station(1), station(2));
    index(&db, vec![(a, 1, "a1"), (b, 2, "b2"), (a, 3, "a3"), (b, 4, "b4"), (a, 5, "a5"), (a, 5, "a5 again")]).await;
    assert_eq!(titles(&db, Reach::Station(b), None, 10).await, ["b4", "b2"]);
    assert_eq!(titles(&db, Reach::Station(a), Some(at(5)), 10).await, ["a3", "a1"]);
    assert_eq!(titles(&db, Reach::All, Some(at(5)), 3).await, ["b4", "a3", "b2"]);
    assert_eq!(titles(&db, Reach::All, None, 2).await.len(), 2);
    assert!(titles(&db, Reach::Station(station(3)), None, 10).await.is_empty());
}

/// Databases of earlier editions numbered the documents of all stations by time alone.
async fn documents_from_before_the_division_are_still_found(engine: &'static str) {
    let (db, _dir) = common::open(engine, &[]).await;
    let (a, b) = (station(1), station(2));
    index(&db, vec![(a, 1, "old a"), (b, 2, "old b")]).await;
    let act = Actor::system().act("test.age", Purpose::Administration, CommandId(db.clock().new_id()), db.clock().now());
    let aged = db.write(&act, async |tx: &mut Tx| {
        // Contentless on SQLite: the tokens are written anew under the number of old.
        let lite = tx.engine() == kernel::Engine::Sqlite;
        if lite {
            tx.exec(sql!("delete from kernel_search_fts where rowid in (select doc from kernel_search)"), args![]).await?;
        }
        tx.exec(sql!("update kernel_search set doc = doc & $1"), args![(1_i64 << 54) - 1]).await?;
        if lite {
            let tokens = kernel::search::index_tokens("楼上噪音");
            tx.exec(sql!("insert into kernel_search_fts (rowid, tokens) select doc, $1 from kernel_search"), args![tokens]).await?;
        }
        tx.exec(sql!("delete from kernel_search_part"), args![]).await?;
        tx.record("test.age", &[("thing", Uuid::nil())], "");
        Ok(())
    });
    aged.await.unwrap();
    index(&db, vec![(a, 3, "new a")]).await;
    assert_eq!(titles(&db, Reach::Station(a), None, 10).await, ["new a", "old a"]);
    assert_eq!(titles(&db, Reach::Station(b), None, 10).await, ["old b"]);
    assert_eq!(titles(&db, Reach::All, None, 10).await, ["new a", "old b", "old a"]);
}

/// One command: each text is put under its id (0: taken out); all is refused at the end when `refuse`.
async fn change(db: &Db, docs: &[(u128, &'static str)], refuse: bool) {
    let act = Actor::system().act("test.change", Purpose::Administration, CommandId(db.clock().new_id()), db.clock().now());
    let done = db.write(&act, async |tx: &mut Tx| {
        for (id, text) in docs {
            match *text {
                "" => tx.unindex(Uuid::from_u128(*id)).await?,
                title => {
                    let id = Uuid::from_u128(*id);
                    tx.index(&Doc { kind: "incident", id, station: station(1), grid: None, beat: None, at: at(1), title, text: title }).await?
                }
            }
        }
        tx.record("test.change", &[("thing", Uuid::nil())], "");
        if refuse { Err(kernel::Error::NotFound("测试")) } else { Ok(()) }
    });
    assert_eq!(done.await.is_err(), refuse);
}

async fn found(db: &Db, word: &str) -> Vec<String> {
    let act = Actor::system().act("test.search", Purpose::Incident, CommandId(db.clock().new_id()), db.clock().now());
    let ask = Ask { reach: Reach::All, kinds: vec!["incident"], before: None, limit: 10 };
    let hits: Vec<Hit> = db.read(&act, async |r: &mut Reader| r.search(word, &ask).await).await.unwrap();
    hits.into_iter().map(|h| h.title).collect()
}

/// The words of a transaction are written once, at its end: what was renewed, taken out or refused on the way leaves nothing.
async fn only_the_last_words_of_a_record_are_found(engine: &'static str) {
    let (db, _dir) = common::open(engine, &[]).await;
    change(&db, &[(1, "噪音扰民"), (2, "车辆占道"), (1, "漏水纠纷")], false).await;
    assert_eq!((found(&db, "噪音").await, found(&db, "漏水").await), (vec![], vec!["漏水纠纷".into()]));
    // At once, so that they share a transaction: renewed, taken out, and one refused between them.
    let first = change(&db, &[(1, "饲养家禽"), (3, "楼道堆物")], false);
    let refused = change(&db, &[(2, "欠薪纠纷"), (3, "")], true);
    let last = change(&db, &[(3, ""), (3, "电梯停运"), (4, "广场噪音"), (4, "")], false);
    if engine == "sqlite" {
        tokio::join!(first, refused, last);
    } else {
        // Here each command is a transaction of its own, and two that write one record at once are told so.
        first.await;
        refused.await;
        last.await;
    }
    assert_eq!(found(&db, "漏水").await, Vec::<String>::new());
    assert_eq!((found(&db, "家禽").await, found(&db, "占道").await), (vec!["饲养家禽".into()], vec!["车辆占道".into()]));
    assert_eq!((found(&db, "堆物").await, found(&db, "欠薪").await, found(&db, "噪音").await), (vec![], vec![], vec![]));
    assert_eq!(found(&db, "电梯").await, ["电梯停运"]);
}

both!(
    only_the_last_words_of_a_record_are_found, each_station_finds_its_own_and_all_come_newest_first,
    documents_from_before_the_division_are_still_found
);
