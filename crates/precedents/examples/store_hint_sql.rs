//! `cargo xt bench hint`: time of the hint on 200,000 disputes and 50,000 approved precedents.
//!
//! Rows are written straight into a throw-away SQLite file; the hint runs through the same functions
//! as the page.

use kernel::{Actor, App, Db, Purpose, Reader, Result, Tx, Uuid, args, sql};
use precedents::model::{Case, PrecedentId, State, Texts};
use precedents::{actions, store};
use std::time::Instant;

const DISPUTES: i64 = 200_000;
const PRECEDENTS: i64 = 50_000;
const CAUSES: &[&str] = &["noise_upstairs", "parking", "leak", "pet", "property_fee", "wage", "poultry_green_belt", "debt"];
const WORDS: &[&str] = &[
    "楼上半夜拖椅子", "孩子跑跳", "天花板漏水", "绿化带养鸡", "门口停车", "狗不牵绳", "物业费涨价", "拖欠工资", "油烟太大", "老人睡不着", "上门说过几次", "双方吵了起来",
    "愿意坐下来谈", "楼道堆杂物", "暖气不热", "押金不退",
];

fn text(i: i64, n: i64) -> String {
    (0..n).map(|k| WORDS[((i * 7 + k * k * 13 + k * (i % 11)) % WORDS.len() as i64) as usize]).collect::<Vec<_>>().join("，")
}

async fn fill(app: &App) -> Result<()> {
    let system = Actor::local("bench");
    let act = || app.act(&system, "bench.fill", Purpose::Administration, app.fresh_command());
    app.db()
        .write(&act(), async |tx: &mut Tx| {
            tx.exec(
                sql!("insert into mediation_dispute (station_id, id, number, year, n, source_code, opened_at, opened_by, title, summary, place_text, causes, level, owner_id, domestic_violence, state, deadline_provisional, sessions, told, plan, version) with recursive c(i) as (select 1 union all select i + 1 from c where i < $1) select zeroblob(16), randomblob(16), 'n' || i, 2026, i, 'walk_in', 1780000000000000 + i, zeroblob(16), '楼上噪声 ' || i, '楼上半夜拖椅子，老人睡不着，上门说过几次 ' || i, '某小区', 'noise_upstairs', 'yellow', zeroblob(16), 0, 'closed', 0, 1, '', '', 1 from c"),
                args![DISPUTES],
            )
            .await?;
            tx.record("bench.fill", &[("bench", Uuid::nil())], "");
            Ok(())
        })
        .await?;
    for start in (0..PRECEDENTS).step_by(2_500) {
        app.db()
            .write(&act(), async |tx: &mut Tx| {
                for i in start..start + 2_500 {
                    let id: PrecedentId = tx.fresh();
                    let texts = Texts { title: text(i, 2), facts: text(i, 9), plan: "甲方：铺防噪地毯\n双方：有事先打电话".into(), result: "已履行".into() };
                    let causes = format!("{},{}", CAUSES[(i % 8) as usize], CAUSES[(i / 8 % 8) as usize]);
                    let (number, dispute, agreement) = (format!("枫桥例〔2026〕{i}号"), tx.fresh(), tx.fresh());
                    let new = store::NewCase { number: &number, dispute, agreement, judicial: Some("neighbour"), causes: &causes, texts: &texts };
                    store::insert(tx, id, &new).await?;
                    let c: Case = store::get(tx, id).await?;
                    store::update(tx, &c, State::Approved, &texts, "").await?;
                    store::put_keys(tx, &c, &texts).await?;
                }
                tx.record("bench.fill", &[("bench", Uuid::nil())], "");
                Ok(())
            })
            .await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir().map_err(kernel::Error::internal)?;
    let db = Db::open(&dir.path().join("bench.sqlite").to_string_lossy(), kernel::Clock::System, vault::HashAlg::Sm3).await?;
    let domains = [mediation::domain(), precedents::domain()];
    let mut all = vec![kernel::migrate::KERNEL];
    all.extend(domains.iter().filter_map(|d| d.migrations));
    db.migrate(&all).await?;
    let keys = vault::KeyFile::create(&dir.path().join("keys.toml"), "sm", "2026-05-08").map_err(kernel::Error::internal)?;
    let settings = kernel::app::Settings { data: dir.path().to_path_buf(), ..Default::default() };
    let app = App::new(db, vault::Vault::new(keys), rulebook::shipped()?, settings);
    let started = Instant::now();
    fill(&app).await?;
    println!("{DISPUTES} disputes, {PRECEDENTS} precedents in {:.0} s", started.elapsed().as_secs_f64());
    let system = Actor::local("bench");
    let mut times = vec![];
    for i in 0..200i64 {
        let (title, body) = (text(i * 3 + 1, 2), text(i * 5 + 2, 7));
        let look = app.look(&system, "bench.hint", Purpose::Mediation);
        let started = Instant::now();
        let s = categories::suggest(&format!("{title}\n{body}"));
        let causes: Vec<String> = s.causes.iter().take(3).map(|c| c.code.clone()).collect();
        let judicial = s.judicial.first().map_or(String::new(), |p| p.code.clone());
        let offers = app.db().read(&look, async |r: &mut Reader| actions::offers(r, &title, &body, &judicial, &causes, 3).await).await?;
        times.push((started.elapsed().as_secs_f64() * 1e3, offers.len()));
    }
    let found = times.iter().filter(|t| t.1 > 0).count();
    let mut ms: Vec<f64> = times.iter().map(|t| t.0).collect();
    ms.sort_by(f64::total_cmp);
    println!("hint with suggestion: median {:.1} ms, p95 {:.1} ms, max {:.1} ms; {found} of {} found something", ms[ms.len() / 2], ms[ms.len() * 95 / 100], ms[ms.len() - 1], ms.len());
    Ok(())
}
