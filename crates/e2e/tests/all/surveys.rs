//! An officer builds a questionnaire, a resident opens it by its code on a phone, paper is typed in, the results stand beside
//! the register; a wish is sent and answered, a meeting recorded.

use anyhow::{Result, ensure};
use e2e::{Browser, Server, View};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_question_to_its_results() {
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
    let officer = browser.person(server).await?;
    officer.sign_in(server.account("zy.mj1")?).await?;
    officer.open("/surveys/new").await?;
    officer.fill("#title", "窗口晚上开不开").await?;
    officer.fill("#intro", "三道题，一分钟。").await?;
    e2e::both(&officer, "surveys-new").await?;
    officer.press("main button", "下一步").await?;
    for kind in ["办哪项业务（选项取本所窗口的业务）", "哪些时间方便（多选）", "性别（用来和登记人口比对）"] {
        officer.choose("#kind", kind).await?;
        officer.click("input[name=required]", "").await?;
        officer.press("main button", "添加").await?;
    }
    officer.fill("#label", "几点？").await?;
    officer.choose("#kind", "单选").await?;
    officer.fill("#choices", "只有一个").await?;
    officer.press("main button", "添加").await?;
    officer.says("至少要两个选项").await?;
    officer.fill("#choices", "晚上七点\n晚上八点").await?;
    officer.choose("#only_if", "“哪些时间您方便来窗口？”选了“工作日 18:30-20:30”").await?;
    officer.press("main button", "添加").await?;
    officer.says("晚上七点、晚上八点").await?;
    e2e::both(&officer, "surveys-built").await?;
    officer.press("main button", "开放征集").await?;
    officer.says("打印纸质问卷").await?;
    e2e::both(&officer, "surveys-open").await?;
    let address = officer.text(".survey-door code").await?;
    let code = address.strip_prefix(&server.base).unwrap_or_default().to_string();
    ensure!(code.starts_with("/q/"), "the code leads to this server: {address}");
    let page = officer.path().await?;
    let sheet = format!("(async () => {{ const a = await fetch('{page}/sheet'); const b = new Uint8Array(await a.arrayBuffer()); return `${{a.status}} ${{String.fromCharCode(...b.slice(0, 5))}} ${{b.length > 5000}}`; }})()");
    ensure!(officer.eval::<String>(&sheet).await? == "200 %PDF- true", "the sheet on paper");

    // On the phone: one thing is forgotten, then the choice opens a further question.
    let resident = browser.person(server).await?;
    resident.look(View::Phone).await?;
    resident.open(&code).await?;
    resident.says("匿名填写").await?;
    e2e::both(&resident, "surveys-fill").await?;
    resident.click("label.check", "居住证申领").await?;
    resident.click("label.check", "工作日 18:30-20:30").await?;
    resident.press("main button.button--primary", "提交").await?;
    resident.says("下面多了几道题").await?;
    resident.press("main button.button--primary", "提交").await?;
    resident.says("必须回答").await?;
    e2e::both(&resident, "surveys-missing").await?;
    resident.click("label.check", "女").await?;
    resident.click("label.check", "晚上八点").await?;
    resident.press("main button.button--primary", "提交").await?;
    resident.says("已收到您的回答").await?;
    e2e::both(&resident, "surveys-done").await?;

    // Paper, by its numbers.
    officer.look(View::Desktop).await?;
    officer.press("a.button", "快速录入").await?;
    e2e::both(&officer, "surveys-quick").await?;
    officer.look(View::Desktop).await?;
    officer.fill("[name='q.q1']", "99").await?;
    officer.fill("[name='q.q2']", "1 5").await?;
    officer.fill("[name='q.sex']", "1").await?;
    officer.press("main button", "录入，下一份").await?;
    officer.says("没有编号“99”").await?;
    officer.fill("[name='q.q1']", "2").await?;
    officer.press("main button", "录入，下一份").await?;
    officer.says("已录入一份，一共 2 份").await?;
    officer.open(&format!("{page}/results")).await?;
    officer.says("收到 2 份").await?;
    officer.says("有效样本量").await?;
    officer.open("/surveys").await?;
    e2e::both(&officer, "surveys-list").await?;
    officer.look(View::Desktop).await?;
    officer.press("td a", "44 份").await?;
    officer.says("按登记人口校正").await?;
    // The question for a number: its middle, and a histogram with as many columns as the table beside it has rows with answers.
    officer.says("上次来窗口，大约等了多少分钟？").await?;
    officer.says("中位数").await?;
    let columns = "[...document.querySelectorAll('.plot__pair')].map(p => [p.querySelectorAll('.plot__bar').length, [...p.querySelectorAll('td.num')].filter(t => t.textContent !== '0').length])";
    let columns: Vec<(usize, usize)> = officer.eval(columns).await?;
    ensure!(columns.len() == 1 && columns[0].0 > 3 && columns[0].0 == columns[0].1, "{columns:?}");
    e2e::both(&officer, "surveys-results").await?;

    // A wish from the phone, answered at the desk; the meeting and a new one.
    resident.open("/p").await?;
    resident.press("a.choice", "给正阳派出所提意见").await?;
    resident.fill("#content", "想晚上来办居住证").await?;
    resident.choose("#day_type", "工作日").await?;
    resident.press("main button", "提交意见").await?;
    resident.says("请写成 18:30").await?;
    resident.set("#from", "18:30").await?;
    resident.set("#until", "20:30").await?;
    e2e::both(&resident, "surveys-wish").await?;
    resident.press("main button", "提交意见").await?;
    resident.says("已收到您的意见").await?;
    officer.look(View::Desktop).await?;
    officer.open("/surveys/wishes").await?;
    officer.says("想晚上来办居住证").await?;
    e2e::both(&officer, "surveys-wishes").await?;
    officer.look(View::Desktop).await?;
    officer.fill("textarea[id^='reply-']", "下月起周三开到八点半。").await?;
    officer.press("form[action$='/reply'] button", "记下回应").await?;
    officer.open("/surveys/meetings").await?;
    e2e::both(&officer, "surveys-meetings").await?;
    officer.look(View::Desktop).await?;
    officer.press("td a", "议事会").await?;
    officer.says("已定稿").await?;
    e2e::both(&officer, "surveys-meeting").await?;
    officer.open("/surveys/meetings/new").await?;
    officer.fill("#title", "五月议事会").await?;
    officer.fill("#place", "活动室").await?;
    officer.fill("#present", "16").await?;
    officer.fill("#minutes", "议停车。").await?;
    officer.press("main button", "保存").await?;
    officer.fill("#question", "路灯先修").await?;
    officer.fill("#yes", "20").await?;
    officer.press("main button", "记下表决").await?;
    officer.says("到会只有 16 人").await?;
    e2e::both(&officer, "surveys-meeting-draft").await?;
    for (who, t) in [("officer", &officer), ("resident", &resident)] {
        let rest: Vec<_> = t.complaints().into_iter().filter(|c| !c.contains("422")).collect();
        ensure!(rest.is_empty(), "{who}: {rest:?}");
    }
    Ok(())
}
