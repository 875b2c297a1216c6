//! A dispute through its pages, from the register form to the handshake, with a picture of every step in two sizes: plan, session,
//! agreement, signatures on the screen, promise, visit, end.

use crate::{Tab, View, pictures};
use anyhow::{Context, Result, ensure};

/// What is told and promised in one dispute.
pub struct Case {
    /// Names the pictures: `story-<name>-<step>-<size>.png`.
    pub name: &'static str,
    /// What the resident reports: the words, a piece of them that the desk shows, where, the own name and phone.
    pub report: &'static str,
    pub needle: &'static str,
    pub where_from: &'static str,
    pub reporter: (&'static str, &'static str),
    /// What the officer writes at the scene, and cause, place and means as the lists call them.
    pub scene: &'static str,
    pub found: (&'static str, &'static str, &'static str),
    pub title: &'static str,
    pub summary: &'static str,
    /// Name, phone and home of the other side; the incident brings the reporter along.
    pub other: (&'static str, &'static str, &'static str),
    /// Who signs for the other side, and as what: name, relation, powers.
    pub agent: Option<(&'static str, &'static str, &'static str)>,
    pub plan: &'static str,
    pub place: &'static str,
    pub talk: &'static str,
    pub facts: &'static str,
    /// A promise that holds from the signing on.
    pub standing: &'static str,
    /// A promise with a day.
    pub dated: &'static str,
    pub proof: &'static str,
}

const COMMITTEE: &str = "兴华社区人民调解委员会";

/// Pictures of the page as it stands, desktop and phone; nothing is too wide.
pub async fn step(tab: &Tab, case: &Case, name: &str) -> Result<()> {
    let dir = pictures()?;
    for view in [View::Phone, View::Desktop] {
        tab.look(view).await?;
        ensure!(tab.overflow(view).await? == 0, "{} {name} is too wide: {}", case.name, tab.widest(view).await?);
        tab.picture(view, &dir.join(format!("story-{}-{name}-{}.png", case.name, view.name()))).await?;
    }
    Ok(())
}

/// Fills the register form that stands open and sends it.
pub async fn register(tab: &Tab, case: &Case) -> Result<()> {
    tab.fill("#title", case.title).await?;
    tab.fill("#summary", case.summary).await?;
    tab.click("fieldset label.radio", "否").await?;
    let (name, phone, home) = case.other;
    tab.fill("#name_1", name).await?;
    tab.fill("#phone_1", phone).await?;
    tab.fill("#home_1", home).await?;
    take_suggested(tab).await.context("what is suggested")?;
    step(tab, case, "09-register").await?;
    tab.press(".form__actions button", "登记").await?;
    ensure!(tab.path().await?.starts_with("/disputes/"), "no dispute was opened: {}", tab.text("main").await?);
    tab.says("受理审查").await?;
    step(tab, case, "10-registered").await
}

/// Takes the category and the cause that the program reads from the words.
async fn take_suggested(tab: &Tab) -> Result<()> {
    for (field, taken) in [("judicial", "document.querySelector('#judicial').value"), ("causes", "document.querySelector('input[name=causes]:checked')")] {
        tab.click(&format!("fq-hint button[data-take^='{field}=']"), "").await?;
        tab.until(taken).await?;
    }
    Ok(())
}

/// Who acts for the other side, gate, plan, session, agreement.
pub async fn to_agreement(tab: &Tab, case: &Case) -> Result<()> {
    entrust(tab, case).await.context("the agent")?;
    pass_gate(tab, case).await.context("the gate")?;
    step(tab, case, "12-accepted").await?;
    plan(tab, case).await.context("the plan")?;
    step(tab, case, "13-plan").await?;
    hold_session(tab, case).await.context("the session")?;
    step(tab, case, "14-session").await?;
    agree(tab, case).await.context("the agreement")?;
    step(tab, case, "16-agreed").await
}

/// The agreement is signed on the screen by everybody who has a place on it, under one recording; ends on the page of the dispute.
pub async fn to_signed(tab: &Tab, case: &Case) -> Result<()> {
    let dispute = tab.path().await?.split(['#', '?']).next().unwrap_or_default().to_string();
    tab.open(&format!("{dispute}/dossier")).await?;
    tab.eval::<bool>("(document.querySelector('#recording details').open = true)").await?;
    tab.fill("#device", "执法记录仪 12 号").await?;
    tab.fill("#file_no", &format!("REC-{}", case.name)).await?;
    tab.press("#recording button", "登记").await?;
    tab.press("#parts a[href*='paper=agreement']", "签名").await?;
    let places: usize = tab.eval("document.querySelectorAll('#party option[value]:not([value=\"\"])').length").await?;
    ensure!(places == 2 + usize::from(case.agent.is_some()), "{places} people sign");
    for n in 1..=places {
        draw(tab).await?;
        tab.eval::<bool>(&format!("(document.querySelector('#party').selectedIndex = {n}, document.querySelector('#recording').selectedIndex = 1, true)")).await?;
        if n == places {
            step(tab, case, "17-signing").await?;
        }
        tab.press("button", "确认签名").await?;
        tab.until(&format!("document.querySelectorAll('.mini .badge--ok').length === {n}")).await.with_context(|| format!("signature {n}"))?;
    }
    step(tab, case, "18-signed").await?;
    tab.open(&dispute).await.map(|_| ())
}

/// A line on the pad, as a pen draws it.
pub async fn draw(tab: &Tab) -> Result<()> {
    for (from, to) in [((0.12, 0.3), (0.45, 0.7)), ((0.45, 0.3), (0.15, 0.75)), ((0.55, 0.5), (0.88, 0.45))] {
        tab.drag("canvas.sign__pad", from, to).await?;
    }
    Ok(())
}

/// The promise is kept and proven, everybody is asked again, the matter closes.
pub async fn to_handshake(tab: &Tab, case: &Case) -> Result<()> {
    perform(tab, case).await.context("the promise")?;
    step(tab, case, "19-kept").await?;
    follow_up(tab, case).await.context("the follow-up")?;
    step(tab, case, "21-visited").await?;
    unfold(tab, "h-close", "登记办结").await?;
    tab.fill("#close-what", "双方握手言和").await?;
    tab.press("section[aria-labelledby=h-close] button", "办结").await?;
    tab.says("已办结").await?;
    step(tab, case, "22-closed").await
}

/// The other side names who acts for it.
async fn entrust(tab: &Tab, case: &Case) -> Result<()> {
    let Some((name, relation, powers)) = case.agent else { return Ok(()) };
    let row = format!("[...document.querySelectorAll('.party')].find(p => p.textContent.includes('{}'))", case.other.0);
    let id: String = tab.eval(&format!("({row}.querySelector('details').open = true, {row}.querySelector('[name=party]').value)")).await?;
    for (field, text) in [("ag", name), ("ar", relation), ("ap", powers)] {
        tab.fill(&format!("[id='{field}-{id}']"), text).await?;
    }
    tab.press(".party details[open] button", "保存").await?;
    tab.says(&format!("代理人 {name}")).await
}

/// Opens the first fold of a section when it is not open.
async fn unfold(tab: &Tab, section: &str, summary: &str) -> Result<()> {
    let section = format!("section[aria-labelledby={section}]");
    let open: bool = tab.eval(&format!("document.querySelector('{section} details').open")).await?;
    if open {
        return Ok(());
    }
    tab.click(&format!("{section} summary"), summary).await
}

async fn pass_gate(tab: &Tab, case: &Case) -> Result<()> {
    tab.click("section[aria-labelledby=h-gate] summary", "人民调解").await?;
    let form = "section[aria-labelledby=h-gate] details[open] form";
    let questions: usize = tab.eval(&format!("document.querySelectorAll(\"{form} .radio-row\").length")).await?;
    ensure!(questions > 0, "the gate asks nothing");
    for i in 1..=questions {
        tab.click(&format!("{form} tbody tr:nth-child({i}) label.radio"), "否").await?;
    }
    tab.click(&format!("{form} label.check"), "已告知各方权利义务").await?;
    tab.click(&format!("{form} label.check"), "各方均同意调解").await?;
    step(tab, case, "11-gate").await?;
    tab.press(&format!("{form} button"), "受理").await?;
    tab.says("达成协议").await
}

async fn plan(tab: &Tab, case: &Case) -> Result<()> {
    unfold(tab, "h-sum", "调解方案").await?;
    tab.fill("#plan", case.plan).await?;
    tab.press("section[aria-labelledby=h-sum] button", "保存方案").await?;
    tab.says("修改方案").await
}

async fn hold_session(tab: &Tab, case: &Case) -> Result<()> {
    tab.click("section[aria-labelledby=h-next] summary", "记录一次调解").await?;
    tab.fill("#s-place", case.place).await?;
    tab.choose("#s-committee", COMMITTEE).await?;
    tab.fill("#s-mediator", "秦淑珍").await?;
    tab.fill("#s-text", case.talk).await?;
    tab.press("button", "登记调解记录").await?;
    tab.says("第 1 次").await
}

async fn agree(tab: &Tab, case: &Case) -> Result<()> {
    tab.press("a", "达成协议").await?;
    tab.fill("#place", case.place).await?;
    tab.choose("#committee", COMMITTEE).await?;
    tab.fill("#mediator", "秦淑珍").await?;
    tab.fill("#facts", case.facts).await?;
    tab.fill("#identity_note", "当事人未带证件，由网格员当面核对").await?;
    // Who, what, how and by when: every promise says all of it.
    tab.fill("#term0", case.standing).await?;
    tab.choose("#party0", "双方").await?;
    tab.fill("#how0", "在各自家中遵守").await?;
    tab.choose("#when0", "长期履行").await?;
    tab.fill("#why0", "持续不作为").await?;
    tab.fill("#term1", case.dated).await?;
    tab.choose("#party1", "双方").await?;
    tab.fill("#how1", "自行完成，由网格员上门查看").await?;
    tab.choose("#when1", "限期履行").await?;
    let day: String = tab.eval("new Date(Date.now() + 7 * 864e5).toISOString().slice(0, 10)").await?;
    tab.set("#by1", &day).await?;
    step(tab, case, "15-agreement").await?;
    tab.press("button", "登记协议并生成协议书").await?;
    tab.says("司法确认").await
}

async fn perform(tab: &Tab, case: &Case) -> Result<()> {
    let of = format!("[...document.querySelectorAll('.promise')].find(p => p.textContent.includes('{}'))", case.dated);
    tab.eval::<bool>(&format!("{of}.querySelector('details').open = true; true")).await?;
    let proof: String = tab.eval(&format!("{of}.querySelector('input[name=proof]').id")).await?;
    tab.fill(&format!("[id='{proof}']"), case.proof).await?;
    tab.press(".promise details[open] button", "已履行").await?;
    tab.says(case.proof).await
}

async fn follow_up(tab: &Tab, case: &Case) -> Result<()> {
    unfold(tab, "h-fu", "登记回访").await?;
    tab.fill("#fu-who", "双方当事人").await?;
    tab.click("section[aria-labelledby=h-fu] label.radio", "已履行").await?;
    tab.click("section[aria-labelledby=h-fu] label.radio", "满意").await?;
    tab.fill("#fu-note", "双方见面打招呼，没有再争吵").await?;
    step(tab, case, "20-follow-up").await?;
    tab.press("section[aria-labelledby=h-fu] button", "登记回访").await?;
    tab.says("没有再争吵").await
}
