//! The import page over HTTP: who may, what is shown before anything is written, what a wrong file gets.

use super::station;
use kernel::Role;
use testkit::{actor, engines};

const GOOD: &str = "id,time,title,body,up,down\n9001,2026-01-08 22:10:00,楼上噪音,每晚拖椅子到十二点,0,0\n9002,2026-13-40 22:10:00,坏时间,时间写错的一行,0,0\n";

#[tokio::test]
async fn a_file_is_looked_at_then_written_once() {
    for engine in engines() {
        let (t, id) = station(engine).await;
        let officer = actor(Role::Officer, id);
        t.get(&actor(Role::GridWorker, id), "/exchange/import").await.is(403);
        t.get(&officer, "/exchange/import").await.is(200).says("先预览").says("住户登记表");

        let path = "/exchange/import";
        t.upload(&officer, path, &[("mapping", "citizen_messages"), ("do", "preview")], &[]).await.is(422).says("请选择要导入的文件");
        let file = [("file", "留言.csv", GOOD.as_bytes())];
        t.upload(&officer, path, &[("do", "preview")], &file).await.is(422).says("请选择文件内容是什么");
        let broken = [("file", "a.csv", b"id,time,title,body,up,down\n1,\"x".as_slice())];
        t.upload(&officer, path, &[("mapping", "citizen_messages"), ("do", "import")], &broken).await.is(422);

        let asks = |what: &'static str| [("mapping", "citizen_messages"), ("do", what)];
        t.upload(&officer, path, &asks("preview"), &file).await.is(200).says("还没有写入").says("没有这一天");
        t.upload(&officer, path, &asks("import"), &file).await.is(200).says("导入完成");
        let again = t.upload(&officer, path, &asks("import"), &file).await.is(200);
        assert!(again.body.contains("<dt>写入</dt><dd>0</dd>"), "{engine}: {}", again.body);
        let errors = t.upload(&officer, path, &asks("errors"), &file).await.is(200);
        assert!(errors.body.contains("9002") && !errors.body.contains("9001"), "{}", errors.body);
    }
}
