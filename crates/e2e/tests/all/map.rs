//! 地图 in Chromium: the layers are drawn without the internet, found by mouse and keyboard, and told where there is no WebGL.

use anyhow::{Result, ensure};
use e2e::{Browser, Server, View};

#[tokio::test(flavor = "multi_thread")]
async fn the_town_is_drawn_and_listed() -> Result<()> {
    if e2e::skipped() {
        return Ok(());
    }
    let server = Server::start()?;
    let browser = Browser::launch().await?;
    let tab = browser.person(&server).await?;
    tab.sign_in(server.account("zy.zhs1")?).await?;
    for view in [View::Desktop, View::Phone] {
        tab.look(view).await?;
        ensure!(tab.open("/map").await? == 200);
        tab.until("document.querySelector('fq-map').dataset.state === 'ready'").await?;
        let size: Vec<i64> = tab.eval("[document.querySelector('.map-canvas').clientWidth, document.querySelector('.map-canvas').clientHeight]").await?;
        ensure!(size[0] > 300 && size[1] > 400, "the map is {size:?}");
        // Everything drawn is listed, in the same number.
        let lists: Vec<String> =
            tab.eval("[...document.querySelectorAll('.map-layer summary')].map(s => s.innerText.trim())").await?;
        ensure!(
            lists.iter().any(|l| l.starts_with("警务区 5")) && lists.iter().any(|l| l.starts_with("未结警情")),
            "{lists:?}"
        );
        // What only lies under others is drawn and not listed.
        ensure!(lists.iter().any(|l| l.starts_with("摄像机")) && !lists.iter().any(|l| l.contains("视场")), "{lists:?}");
        // Only this server was asked.
        let asked: Vec<String> = tab
            .eval(
                "performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith('data:'))",
            )
            .await?;
        ensure!(asked.is_empty(), "{asked:?}");
        // What the picture shows: many colours, not one. The canvas is drawn anew when the window grows for the picture.
        let file = e2e::pictures()?.join(format!("map-{}.png", view.name()));
        let mut seen = 0;
        for _ in 0..10 {
            tab.picture(view, &file).await?;
            seen = colours(&tab, &file).await?;
            if seen > 12 {
                break;
            }
        }
        ensure!(seen > 12, "{seen} colours on the map");
        ensure!(tab.overflow(view).await? == 0, "{}", tab.widest(view).await?);
        fit_for_all(&tab).await?;
        // From the list to the picture.
        tab.click(".map-show", "看位置").await?;
        tab.until("document.querySelector('.maplibregl-popup')").await?;
        tab.click(".map-keys label", "楼栋").await?;
    }
    ensure!(tab.complaints().is_empty());
    // No names of people in what is sent for the incidents.
    let data: String = tab.eval("fetch(document.querySelector('fq-map').getAttribute('src')).then(r => r.json()).then(l => JSON.stringify(l.find(x => x.key === 'incidents')))").await?;
    ensure!(
        data.contains("/incidents/") && !data.contains("content") && !data.contains("title\":\"\""),
        "{}",
        &data[..data.len().min(300)]
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_webgl_the_drawing_of_the_server_stays_and_says_why() -> Result<()> {
    if e2e::skipped() {
        return Ok(());
    }
    let server = Server::start()?;
    let browser = Browser::launch().await?;
    let tab = browser.person(&server).await?;
    tab.sign_in(server.account("zy.mj1")?).await?;
    tab.before_each_page("HTMLCanvasElement.prototype.getContext = () => null").await?;
    for view in [View::Desktop, View::Phone] {
        tab.look(view).await?;
        tab.open("/map").await?;
        tab.says("不能显示可缩放的地图").await?;
        ensure!(tab.eval::<i64>("document.querySelectorAll('.map-plot circle, .map-plot path').length").await? > 60);
        tab.picture(view, &e2e::pictures()?.join(format!("map-plain-{}.png", view.name()))).await?;
        ensure!(tab.overflow(view).await? == 0);
    }
    // A file that is none is refused with its row, and what was chosen is kept.
    tab.look(View::Desktop).await?;
    tab.open("/map/import").await?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("wrong.geojson");
    std::fs::write(
        &file,
        r#"{"type":"FeatureCollection","features":[{"properties":{"kind":"beat","code":"X-9"},"geometry":{"type":"Polygon","coordinates":[[[119.7,49.2],[119.8,49.2],[119.8,49.3],[119.7,49.2]]]}}]}"#,
    )?;
    tab.choose("#system", "BD-09").await?;
    tab.upload("#file", &file).await?;
    tab.press("button", "导入").await?;
    tab.says("第 1 个要素：警务区边界：本所没有编号为“X-9”的记录").await?;
    ensure!(tab.eval::<String>("document.querySelector('#system').value").await? == "bd09");
    tab.picture(View::Desktop, &e2e::pictures()?.join("map-import-desktop.png")).await?;
    tab.unfold().await?;
    fit_for_all(&tab).await?;
    Ok(())
}

/// Nothing grave for a screen reader or the keyboard.
async fn fit_for_all(tab: &e2e::Tab) -> Result<()> {
    let grave: Vec<String> =
        tab.axe().await?.into_iter().filter(|v| v.is_grave()).map(|v| format!("{v} {}", v.html)).collect();
    ensure!(grave.is_empty(), "{grave:?}");
    Ok(())
}

/// How many colours the picture has in the upper left of the map.
async fn colours(tab: &e2e::Tab, file: &std::path::Path) -> Result<usize> {
    let [x, y]: [f64; 2] = tab
        .eval("(r => [r.left + scrollX + 8, r.top + scrollY + 8])(document.querySelector('fq-map').getBoundingClientRect())")
        .await?;
    let picture = image::open(file)?.to_rgb8();
    let inside =
        |px: u32, py: u32| (px as f64) > x && (px as f64) < x + 300.0 && (py as f64) > y && (py as f64) < y + 350.0;
    let seen: std::collections::HashSet<[u8; 3]> =
        picture.enumerate_pixels().filter(|(px, py, _)| inside(*px, *py)).map(|(_, _, c)| c.0).collect();
    Ok(seen.len())
}
