//! Place, direction and field of view of a camera drawn on the map: by the mouse, by the keyboard on the map, and typed; saved,
//! and drawn again when the form is opened anew.

use anyhow::{Result, ensure};
use e2e::{Browser, Key, Server, Tab, View};
use std::time::Duration;

/// The canvas of the island.
const CANVAS: &str = "fq-aim .maplibregl-canvas";
/// Metres of a pixel where the island works, zoom 17.
fn metre(f: &Fields) -> f64 {
    40_075_016.7 * f.lat.to_radians().cos() / (512.0 * 131_072.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_drawn_on_the_map_saved_and_drawn_again_by_mouse_and_by_keyboard() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = story(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

async fn story(server: &Server, browser: &Browser) -> Result<()> {
    let admin = browser.person(server).await?;
    admin.sign_in(server.account("admin.system")?).await?;
    admin.enrol().await?;
    admin.open("/video").await?;
    admin.press("a", "登记摄像机").await?;
    for (field, text) in [("#name", "广场东侧"), ("#number", "ZY-101"), ("#place", "中央街广场东侧灯杆"), ("#main_url", "rtsp://127.0.0.1:9/plaza"), ("#filing_unit", "正阳派出所")] {
        admin.fill(field, text).await?;
    }
    admin.set("#place_kind", "crowd").await?;
    ready(&admin).await?;

    // The mouse: the place in the middle, then the farthest point to the east.
    admin.click(CANVAS, "").await?;
    admin.until("document.querySelector('#lon').value && document.querySelector('[data-says]').innerText.includes('最远处')").await?;
    settled().await;
    admin.drag(CANVAS, (0.75, 0.5), (0.75, 0.5)).await?;
    admin.until("document.querySelector('#direction').value").await?;
    let drawn = fields(&admin).await?;
    let width: f64 = admin.eval(&format!("document.querySelector('{CANVAS}').getBoundingClientRect().width")).await?;
    let want = width / 4.0 * metre(&drawn);
    ensure!(near(drawn.direction, 90.0, 2.0) && near(drawn.reach, want, want * 0.1 + 2.0) && drawn.angle == 60.0, "{drawn:?}, {want:.0} m expected");
    ensure!((100.0..125.0).contains(&drawn.lon) && (35.0..52.0).contains(&drawn.lat), "{drawn:?}");
    sees(&admin, "camera-aim-mouse", drawn.reach / metre(&drawn) / 2.0).await?;
    admin.press("button", "登记").await?;
    let page = admin.path().await?;
    admin.says(&format!("{}°，60°，{} 米", drawn.direction, drawn.reach)).await?;

    // Opened anew it is drawn as it was saved; turned by the keyboard alone.
    admin.open(&format!("{page}/edit")).await?;
    ready(&admin).await?;
    let again = fields(&admin).await?;
    ensure!(again == drawn, "{again:?} is not {drawn:?}");
    sees(&admin, "camera-aim-reopened", drawn.reach / metre(&drawn) / 2.0).await?;
    admin.tab_to("e.dataset.aim === 'view'").await?;
    admin.key(Key::Enter).await?;
    admin.tab_to(&format!("e.matches('{CANVAS}')")).await?;
    ensure!(admin.eval::<bool>("getComputedStyle(document.querySelector('.aim__cross')).display === 'block'").await?, "the cross shows where Enter points");
    for _ in 0..2 {
        admin.key(Key::Down).await?;
        settled().await;
    }
    admin.key(Key::Enter).await?;
    admin.until("document.querySelector('#direction').value === '180'").await?;
    let turned = fields(&admin).await?;
    ensure!(near(turned.reach, 200.0 * metre(&drawn), 6.0) && (turned.lon, turned.lat) == (drawn.lon, drawn.lat), "{turned:?}");
    admin.tab_to("e.matches('.form button[type=submit]') && e.innerText.includes('保存')").await?;
    admin.mark().await?;
    admin.key(Key::Enter).await?;
    admin.arrive().await?;
    admin.says(&format!("180°，60°，{} 米", turned.reach)).await?;

    // Typed into the fields it is drawn at once.
    admin.open(&format!("{page}/edit")).await?;
    ready(&admin).await?;
    ensure!(fields(&admin).await? == turned, "what the keyboard drew was saved");
    admin.fill("#direction", "90").await?;
    admin.fill("#view_angle", "90").await?;
    sees(&admin, "camera-aim-typed", turned.reach / metre(&drawn) / 2.0).await?;
    e2e::both(&admin, "camera-aim").await?;
    let rest = admin.complaints();
    ensure!(rest.is_empty(), "{rest:?}");
    Ok(())
}

/// The map stands and has been drawn.
async fn ready(tab: &Tab) -> Result<()> {
    tab.until("document.querySelector('fq-map').dataset.state === 'ready' && !document.querySelector('[data-tools]').hidden").await
}

/// The map has ended its movement.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
}

#[derive(Debug, PartialEq)]
struct Fields {
    lon: f64,
    lat: f64,
    direction: f64,
    angle: f64,
    reach: f64,
}

async fn fields(tab: &Tab) -> Result<Fields> {
    let [lon, lat, direction, angle, reach]: [f64; 5] =
        tab.eval("['lon', 'lat', 'direction', 'view_angle', 'reach_m'].map(n => Number(document.getElementById(n).value))").await?;
    Ok(Fields { lon, lat, direction, angle, reach })
}

fn near(is: f64, wanted: f64, by: f64) -> bool {
    (is - wanted).abs() <= by
}

/// The sector lies to the east of the middle of the map and not to the west, `by` pixels away: it is of another colour.
async fn sees(tab: &Tab, name: &str, by: f64) -> Result<()> {
    settled().await;
    let file = e2e::pictures()?.join(format!("{name}-desktop.png"));
    tab.picture(View::Desktop, &file).await?;
    let [x, y]: [f64; 2] = tab
        .eval(&format!("(r => [r.left + scrollX + r.width / 2, r.top + scrollY + r.height / 2])(document.querySelector('{CANVAS}').getBoundingClientRect())"))
        .await?;
    let picture = image::open(&file)?.to_rgb8();
    // Warm and not grey: much more red than blue. Streets and houses lie below, so a few places are looked at.
    let warm = |dx: f64| {
        let places = [-3.0, 0.0, 3.0].into_iter().flat_map(|oy| [-3.0, 0.0, 3.0].map(|ox| (ox, oy)));
        let at = |(ox, oy): (f64, f64)| picture.get_pixel_checked((x + dx + ox) as u32, (y + oy) as u32).is_some_and(|p| i32::from(p[0]) - i32::from(p[2]) > 50);
        places.filter(|p| at(*p)).count()
    };
    let (east, west) = (warm(by), warm(-by));
    ensure!(east >= 7 && west <= 2, "{name}: {east} of 9 places in the sector are warm, {west} behind it");
    Ok(())
}
