//! Broken tables: CSV and XLSX as they come from other systems, cut, mixed up, far too large, or no table at all.

use super::{multipart, world};
use std::io::Write;
use testkit::engines;

const HEAD: &str = "id,time,title,body,up,down\n";

/// A file inside a ZIP, stored (method 0) or claiming to be larger than it is.
fn zip(name: &str, bytes: &[u8], claims: u32) -> Vec<u8> {
    let crc = {
        let mut c = !0u32;
        for b in bytes {
            c ^= u32::from(*b);
            for _ in 0..8 {
                c = if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 };
            }
        }
        !c
    };
    let (n, size) = (name.len() as u16, bytes.len() as u32);
    let common: Vec<u8> = [&20u16.to_le_bytes()[..], &[0; 8], &crc.to_le_bytes(), &size.to_le_bytes(), &claims.to_le_bytes(), &n.to_le_bytes(), &[0; 2]].concat();
    let local = [&b"PK\x03\x04"[..], &common, name.as_bytes(), bytes].concat();
    let central = [&b"PK\x01\x02\x14\0"[..], &common, &[0; 14], name.as_bytes()].concat();
    let end = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &(central.len() as u32).to_le_bytes(), &(local.len() as u32).to_le_bytes(), &[0; 2]].concat();
    [local, central, end].concat()
}

/// A real workbook with these headings and one row.
fn workbook(head: &[&str]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (c, h) in head.iter().enumerate() {
        sheet.write_string(0, c as u16, *h).unwrap();
        sheet.write_string(1, c as u16, "1").unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_broken_table_is_refused_whole_with_what_why_and_next_and_nothing_is_written() {
    let good = workbook(&["id", "time", "title", "body", "up", "down"]);
    let cut = good[..good.len() / 2].to_vec();
    let other = workbook(&["姓名", "电话"]);
    let far = {
        let mut z = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
        z.write_all(HEAD.as_bytes()).unwrap();
        for _ in 0..210 {
            z.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        z.finish().unwrap()
    };
    let torn = {
        let mut z = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        z.write_all(HEAD.as_bytes()).unwrap();
        z.write_all(&[b'y'; 5_000]).unwrap();
        let all = z.finish().unwrap();
        all[..all.len() - 6].to_vec()
    };
    let files: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("empty.csv", vec![], &["空", "请"]),
        ("quote.csv", format!("{HEAD}1,2026-01-08 22:10:00,\"楼上,内容,0,0\n2,x,y,z,0,0\n").into_bytes(), &["第 2 行", "引号没有结束", "请补上引号"]),
        ("encoding.csv", [HEAD.as_bytes(), b"1,2026-01-08 22:10:00,\xff\xff\xfe,x,0,0\n"].concat(), &["UTF-8", "另存为"]),
        ("columns.csv", b"name,phone\n1,2\n".to_vec(), &["表头中没有", "现有：name、phone", "请核对文件"]),
        ("cell.csv", format!("{HEAD}1,2026-01-08 22:10:00,t,{},0,0\n", "长".repeat(400_000)).into_bytes(), &["第 2 行", "一格超过", "引号"]),
        ("program.csv", [b"\x7fELF\x02\x01\x01", &[0u8; 3_000][..], &[0xff; 100]].concat(), &["请"]),
        ("far.csv.gz", far, &["解压后超过", "请拆分"]),
        ("torn.csv.gz", torn, &["压缩文件打不开", "请重新获取"]),
        ("cut.xlsx", cut, &["请用表格软件重新保存"]),
        ("none.xlsx", b"PK\x03\x04 and then nothing of a workbook".to_vec(), &["请用表格软件重新保存"]),
        ("letter.xlsx", zip("word/document.xml", b"<w:document/>", 13), &["请用表格软件重新保存"]),
        ("bomb.xlsx", zip("xl/worksheets/sheet1.xml", b"<worksheet/>", 4_000_000_000), &["请"]),
        ("columns.xlsx", other, &["表头中没有", "姓名、电话", "请核对文件"]),
    ];
    for engine in engines() {
        let w = world(engine).await;
        let cookie = w.sign_in("officer").await;
        for (name, bytes, says) in &files {
            for what in ["preview", "import"] {
                let command = w.t.app.fresh_command().to_string();
                let (kind, body) = multipart(&[("command_id", &command), ("mapping", "citizen_messages"), ("do", what)], ("file", name, bytes));
                let page = w.send(http::Method::POST, "/exchange/import", &[("content-type", &kind), ("cookie", &cookie)], body).await;
                assert_eq!(page.status, 422, "{engine} {name} {what}: {}", page.body);
                let told = page.body.split("class=\"refusal\"").nth(1).unwrap_or_else(|| panic!("{name}: no refusal on {}", page.body)).split("</div>").next().unwrap();
                for part in *says {
                    assert!(told.contains(part), "{engine} {name} {what}: “{part}” is not in {told}");
                }
                assert!(page.body.contains("value=\"citizen_messages\" checked"), "{name}: what was chosen is gone");
            }
        }
        // Far more than a request may hold.
        let (kind, body) = multipart(&[("mapping", "citizen_messages"), ("do", "import")], ("file", "huge.csv", &vec![b'x'; 34 << 20]));
        w.send(http::Method::POST, "/exchange/import", &[("content-type", &kind), ("cookie", &cookie)], body).await.is(413).says("MB");
        assert_eq!(w.reports().await, 0, "{engine}");
        assert_eq!(w.entries("exchange.import").await + w.entries("exchange.rows").await, 0, "{engine}");
        // The good one of the same make goes in.
        let row = format!("{HEAD}9001,2026-01-08 22:10:00,楼上噪音,每晚拖椅子到十二点,0,0\n");
        let (kind, body) = multipart(&[("mapping", "citizen_messages"), ("do", "import")], ("file", "good.csv", row.as_bytes()));
        w.send(http::Method::POST, "/exchange/import", &[("content-type", &kind), ("cookie", &cookie)], body).await.is(200).says("导入完成");
        assert_eq!(w.reports().await, 1, "{engine}");
    }
}
