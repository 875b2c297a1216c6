//! Work without a mouse: sign in, take a report, dispatch it; and what happens when the session is gone.

use anyhow::{Context, Result, ensure};
use e2e::{Account, Browser, Key, Server, Tab};

const UNSENT: &str = "会话失效后提交的内容，不应丢失";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_keyboard_alone() {
    if e2e::skipped() {
        return;
    }
    let server = Server::start().expect("the server starts");
    let browser = Browser::launch().await.expect("Chromium starts");
    if let Err(e) = shift(&server, &browser).await {
        panic!("{e:#}\n--- server ---\n{}", server.log());
    }
}

async fn shift(server: &Server, browser: &Browser) -> Result<()> {
    let tab = browser.person(server).await?;
    sign_in(&tab, server.account("zy.zhs1")?).await.context("signing in")?;
    menu(&tab, "/incidents/new").await.context("the menu")?;
    take(&tab).await.context("taking a report")?;
    dispatch(&tab, server.account("zy.mj1")?).await.context("dispatching")?;
    let complaints = tab.complaints();
    ensure!(complaints.is_empty(), "the browser complained: {complaints:#?}");
    hint(&browser.person(server).await?).await.context("the ring beside a hint")?;
    session_gone(&tab, server.account("zy.zhs1")?).await.context("after the session ended")
}

/// The ring of the focused field covers nothing of the hint above it.
async fn hint(tab: &Tab) -> Result<()> {
    tab.open("/p/receipt").await?;
    tab.tab_to("e.id === 'secret'").await?;
    let room: f64 = tab
        .eval(
            "(() => { const e = document.activeElement, s = getComputedStyle(e); \
             const ring = parseFloat(s.outlineWidth) + parseFloat(s.outlineOffset); \
             return e.getBoundingClientRect().top - ring - document.querySelector('#secret-hint').getBoundingClientRect().bottom })()",
        )
        .await?;
    ensure!(room >= 0.0, "{room} px");
    e2e::both(tab, "keyboard-hint").await
}

/// Tabs to the element and sends a key that leads to another page.
async fn follow(tab: &Tab, element: &str, key: Key) -> Result<()> {
    tab.tab_to(element).await?;
    tab.mark().await?;
    tab.key(key).await?;
    tab.arrive().await
}

async fn sign_in(tab: &Tab, who: &Account) -> Result<()> {
    tab.open("/login").await?;
    tab.tab_to("e.id === 'account'").await?;
    tab.type_text(&who.account).await?;
    tab.tab_to("e.id === 'password'").await?;
    tab.type_text(&who.password).await?;
    tab.mark().await?;
    tab.key(Key::Enter).await?;
    tab.arrive().await?;
    ensure!(tab.path().await? == "/", "not let in: {}", tab.path().await?);
    Ok(())
}

/// The first stop on a page skips the menu; after it the menu is reached.
async fn menu(tab: &Tab, path: &str) -> Result<()> {
    tab.key(Key::Tab).await?;
    ensure!(
        tab.eval::<bool>("document.activeElement.matches('.skip-link')").await?,
        "the first stop is not the skip link"
    );
    follow(tab, &format!("e.matches('.sidemenu a[href=\"{path}\"]')"), Key::Enter).await?;
    ensure!(tab.path().await? == path, "the menu led to {}", tab.path().await?);
    Ok(())
}

async fn take(tab: &Tab) -> Result<()> {
    // The skip link takes past the menu.
    tab.key(Key::Tab).await?;
    tab.key(Key::Enter).await?;
    tab.tab_to("e.name === 'source_code'").await?;
    tab.key(Key::Space).await?;
    ensure!(tab.eval::<bool>("document.activeElement.checked").await?, "Space does not choose the source");
    tab.tab_to("e.id === 'content'").await?;
    tab.type_text("两家为楼道堆放杂物争吵，要求民警到场").await?;
    tab.tab_to("e.id === 'place'").await?;
    tab.type_text("伊敏河畔1号楼1单元201").await?;
    tab.tab_to("e.id === 'category'").await?;
    for _ in 0..30 {
        tab.key(Key::Down).await?;
        if tab.eval::<bool>("document.activeElement.selectedOptions[0].text === '纠纷'").await? {
            break;
        }
    }
    ensure!(
        tab.eval::<bool>("document.activeElement.selectedOptions[0].text === '纠纷'").await?,
        "the arrow key does not choose"
    );
    follow(tab, "e.matches('main .form__actions button[type=submit]')", Key::Enter).await?;
    tab.says("楼道堆放杂物").await?;
    ensure!(
        tab.path().await?.starts_with("/incidents/") && !tab.path().await?.ends_with("/new"),
        "{}",
        tab.text("main").await?
    );
    Ok(())
}

async fn dispatch(tab: &Tab, officer: &Account) -> Result<()> {
    tab.tab_to(&format!("e.name === 'targets' && e.closest('label').textContent.includes('{}')", officer.name)).await?;
    tab.key(Key::Space).await?;
    tab.tab_to("e.id === 'opinion'").await?;
    tab.type_text("到场劝解").await?;
    follow(tab, "e.matches('button') && e.textContent === '派警'", Key::Space).await?;
    tab.until("document.querySelector('.summary-bar fq-live .badge')?.textContent === '已派'").await
}

/// The session's cookie vanishes while a form stands open. Sending it is refused with the way to the login page;
/// after signing in one is back at the form with what one wrote, as that page says.
async fn session_gone(tab: &Tab, who: &Account) -> Result<()> {
    tab.open("/incidents/new").await?;
    tab.tab_to("e.name === 'source_code'").await?;
    tab.key(Key::Space).await?;
    tab.tab_to("e.id === 'content'").await?;
    tab.type_text(UNSENT).await?;
    tab.tab_to("e.id === 'place'").await?;
    tab.type_text("伊敏河畔1号楼").await?;
    tab.forget("fq_session").await?;
    follow(tab, "e.matches('main .form__actions button[type=submit]')", Key::Enter).await?;
    ensure!(tab.status().await? == 401, "answered {} at {}", tab.status().await?, tab.path().await?);
    tab.says("需要重新登录").await?;
    follow(tab, "e.matches('main a') && e.textContent === '登录'", Key::Enter).await?;
    ensure!(tab.path().await?.starts_with("/login"), "the link led to {}", tab.path().await?);
    tab.tab_to("e.id === 'account'").await?;
    tab.type_text(&who.account).await?;
    tab.tab_to("e.id === 'password'").await?;
    tab.type_text(&who.password).await?;
    tab.mark().await?;
    tab.key(Key::Enter).await?;
    tab.arrive().await?;
    ensure!(tab.status().await? == 200, "after signing in: {} {}", tab.status().await?, tab.path().await?);
    let back = tab.path().await?;

    tab.open("/incidents/desk").await?;
    ensure!(!tab.text("main").await?.contains(UNSENT), "a report was taken without a session");
    tab.open("/incidents/new").await?;
    let kept: String = tab.eval("document.querySelector('#content').value").await?;
    let mut broken = vec![];
    if back != "/incidents/new" {
        broken.push(format!("signing in again led to {back}, not back to the form"));
    }
    if kept != UNSENT {
        broken.push("what was written is lost".to_string());
    }
    ensure!(
        broken.is_empty(),
        "the page promises to lead back and to keep what was written, but {}",
        broken.join("; ")
    );
    Ok(())
}
