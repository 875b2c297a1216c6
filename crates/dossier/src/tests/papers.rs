//! Every paper holds what the table of required contents asks for, in the data and on the sheet.

use super::town::{Town, town};
use crate::actions;
use crate::compose::{required, sheet};
use crate::model::Paper;
use kernel::{DisputeId, Purpose, Uuid};
use std::collections::BTreeSet;
use testkit::engines;

/// The text of a PDF without blanks, when pdftotext is there. `FENGQIAO_PAPERS` keeps the files for people to look at.
pub(super) fn text_of(pdf: &[u8], name: &str) -> Option<String> {
    let dir = std::env::var("FENGQIAO_PAPERS").map(std::path::PathBuf::from).unwrap_or_else(|_| std::env::temp_dir());
    let path = dir.join(format!("{name}-{}.pdf", std::process::id()));
    let path = if std::env::var("FENGQIAO_PAPERS").is_ok() { dir.join(format!("{name}.pdf")) } else { path };
    std::fs::write(&path, pdf).unwrap();
    let out = std::process::Command::new("pdftotext").arg("-raw").arg(&path).arg("-").output().ok();
    if std::env::var("FENGQIAO_PAPERS").is_err() {
        let _ = std::fs::remove_file(&path);
    }
    Some(String::from_utf8_lossy(&out.filter(|o| o.status.success())?.stdout).split_whitespace().collect())
}

/// A paper as it was printed first.
struct First {
    id: DisputeId,
    paper: Paper,
    record: Uuid,
    bytes: Vec<u8>,
}

/// A click on 打印.
pub(super) async fn click(w: &Town, id: DisputeId, paper: Paper, record: Uuid) -> Vec<u8> {
    let fields = [("paper", paper.code()), ("record", &record.to_string())];
    w.t.post(&w.officer, &format!("/disputes/{id}/dossier/print"), &fields).await.is(200).bytes
}

/// More than a year later, over both parties' birthdays, every paper is printed by a second click: the same file and no new edition.
async fn print_again(w: &Town, firsts: &[First]) {
    w.t.app.clock().advance(400 * 86_400);
    for f in firsts {
        testkit::papers::golden(&format!("dossier-{}", f.paper.code()), &f.bytes, &click(w, f.id, f.paper, f.record).await);
        let prints = w.reader(async |r| crate::store::prints(r, f.id).await).await;
        assert_eq!(prints.iter().filter(|p| p.paper == f.paper && p.record_id == f.record).count(), 1, "{}: no new edition", f.paper);
    }
}

/// Prints every paper of a dispute and compares it with the table of what it must hold; the register knows both parties.
async fn compare(w: &Town, id: DisputeId, seen: &mut Vec<First>) {
    w.identified(id).await;
    let case = w.case(id).await;
    for (paper, record) in case.papers() {
        let data = sheet(&case, paper, record).unwrap().data;
        let lacks = required::lacks(paper, &data);
        assert!(lacks.is_empty(), "{paper}: the data lacks {lacks:?}: {data}");
        if seen.iter().any(|f| f.paper == paper) {
            continue;
        }
        let printed = click(w, id, paper, record).await;
        assert!(String::from_utf8_lossy(&printed).contains("<pdfaid:part>2</pdfaid:part>"), "{paper} is PDF/A-2b");
        seen.push(First { id, paper, record, bytes: printed.clone() });
        let Some(text) = text_of(&printed, paper.code()) else { continue };
        for field in required::of(paper) {
            let shown = match *field {
                "姓名" => "乌仁其木格",
                "编号" => "号",
                "number" => "第1号",
                "organ" => "兴华社区人民调解委员会",
                "parties" => "当事人基本情况",
                "mediators" => "何秀兰",
                "held" => "调解时间",
                "cause" => "纠纷起因",
                "course" => "调解经过",
                "facts" => "影响楼下休息",
                "terms" => "防噪地毯",
                "closing" => "司法确认",
                "copies" => "一式",
                "performance" => "履行方式、地点和期限",
                "recorder" => "记录人",
                other => other,
            };
            let plain: String = shown.split_whitespace().collect();
            assert!(text.contains(&plain), "{paper}: {field} is not on the sheet: {text}");
        }
        // A paper in parts shows each of them: three on the spot, four of a warning.
        let copies: &[&str] = match paper {
            Paper::OnSpot => &["第一联存根，公安机关按编号留存", "第二联交甲方", "第三联交乙方"],
            Paper::Warning => &["第一联公安派出所留存", "第二联送交加害人", "第三联送交受害人", "第四联通知居民委员会"],
            _ => &[],
        };
        assert!(copies.iter().all(|c| text.contains(c)), "{paper}: {text}");
    }
}

/// What `domain.md` names as the contents of each paper (§1.1 confirmation, telling, self-settlement; §1.2 warning; §1.4 the rest), by the
/// labels of the papers. What the law says a paper may hold is in `agreements.rs`.
const NAMED: &[(Paper, &[&str])] = &[
    // Name, sex, ethnicity, age, occupation, contact, address; facts; requests.
    (Paper::Application, &["姓名", "性别", "民族", "年龄", "职业", "联系方式", "住址", "纠纷事实", "申请事项", "签名"]),
    // Date, parties, kind, source, summary, the parties' signatures, registrar, seal.
    (Paper::Registration, &["登记日期", "姓名", "纠纷类型", "纠纷来源", "纠纷简要情况", "签名", "登记人", "印章"]),
    (Paper::Rights, &["当事人享有的权利", "当事人履行的义务", "调解的性质和其他途径", "签名", "印章"]),
    (Paper::Identity, &["姓名", "证件种类", "证件号码"]),
    // Written powers, general or special.
    (Paper::Power, &["姓名", "代理权限", "权限事项", "签名"]),
    (Paper::Inquiry, &["时间", "地点", "调查内容", "签名"]),
    (Paper::Evidence, &["材料名称"]),
    (Paper::Session, &["时间", "地点", "机关", "当事人", "调解经过和结果", "签名"]),
    // Organ, host, parties; time, place, cause, course, facts; terms, how and by when; copies.
    (Paper::Agreement, &["number", "organ", "parties", "mediators", "held", "cause", "course", "facts", "terms", "performance", "copies"]),
    (Paper::Oral, &["姓名", "达成日期", "主要事实和争议事项", "协议内容、履行方式和期限", "签名", "印章"]),
    // Of the same contents as a public-order agreement, numbered, with others present.
    (Paper::OnSpot, &["编号", "调解机关", "主持人", "姓名", "在场人员", "时间", "地点", "起因、经过、事实", "协议内容和当场履行情况", "签名", "印章"]),
    (Paper::Performance, &["履行内容", "履行情况", "履行日期", "凭证"]),
    // Interviewee, the agreement's number, subject; performance, satisfaction, suits, signs, measures; visitor, time.
    (Paper::FollowUp, &["被回访人", "协议书编号", "回访事由", "回访情况", "满意程度", "起诉情况", "错调、激化迹象", "采取的措施", "回访人", "回访时间"]),
    // On joint request, within the days from the agreement taking effect.
    (Paper::Confirmation, &["协议书编号", "生效日期", "请求事项", "双方承诺", "签名"]),
    (Paper::Closing, &["纠纷来源", "受理日期", "结案日期", "结果", "处理结果"]),
    (Paper::Note, &["本卷需要说明的情况"]),
    // Identity of the offender, facts, prohibition; served on both, told to the committee.
    (Paper::Warning, &["加害人", "性别", "出生日期", "证件号码", "受害人", "家庭暴力的事实", "告诫和禁止", "送交和通知", "姓名或者名称", "日期"]),
    (Paper::Referral, &["告知内容", "其他途径", "当事人意见"]),
    (Paper::Refusal, &["决定", "事实和理由", "依据", "其他途径"]),
    // Written request, the day of performance, the police's acceptance.
    (Paper::SelfSettlement, &["姓名", "和解日期", "履行日期", "和解协议内容和履行情况", "签名"]),
    (Paper::Acceptance, &["认可意见", "申请日期", "认可日期", "印章"]),
];

#[test]
fn the_table_asks_for_everything_that_the_domain_names() {
    for (paper, fields) in NAMED {
        let asked = required::of(*paper);
        let forgotten: Vec<_> = fields.iter().filter(|f| !asked.contains(f)).collect();
        assert!(forgotten.is_empty(), "{paper}: {forgotten:?}");
    }
    // What is bound in, given away or made of the others has no fields of its own.
    let rest = [Paper::Court, Paper::Pass, Paper::Reminder, Paper::Whole];
    let unnamed: Vec<_> = Paper::ALL.iter().filter(|p| !rest.contains(p) && !NAMED.iter().any(|n| n.0 == **p)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    // 来源: on application, of own motion; handed over by the police, sent by a court, assigned by the government.
    let rules = rulebook::shipped().unwrap();
    for code in ["application", "own_motion", "police_transfer", "court_referral", "government"] {
        assert!(rules.must_know("dispute.source", code, "2026-05-08".parse().unwrap()).is_ok(), "{code}");
    }
}

#[tokio::test]
async fn every_paper_holds_what_the_table_asks_for() {
    let engine = engines()[0];
    let w = town(engine).await;
    let mut seen = vec![];
    // People's mediation to the end, with an application, an agent with powers, evidence and an interpreter.
    let id = w.open(&[("agent_0", "苏和"), ("agent_relation_0", "儿子"), ("agent_power_0", "特别授权")]).await;
    let parties = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
    let (a, b) = (parties[0].id.to_string(), parties[1].id.to_string());
    let base = format!("/disputes/{id}/dossier");
    w.t.post(&w.officer, &format!("{base}/apply"), &[("party", &a), ("requests", "请求对方夜间安静"), ("applied_on", "2026-05-08")]).await.is(303);
    for (p, power, scope) in [(&a, "special", "代为承认、变更、放弃请求，签署协议"), (&b, "", "")] {
        let fields = [
            ("party", p.as_str()), ("occupation", "退休职工"), ("interpreter", "苏日娜"), ("language", "蒙古语"), ("power", power), ("power_scope", scope),
        ];
        w.t.post(&w.officer, &format!("{base}/party"), &fields).await.is(303);
    }
    let act = w.t.app.act(&w.officer, "dossier.files", Purpose::Mediation, w.t.app.fresh_command());
    let photo = attachments::prepare("现场照片.png", super::story::strokes().into()).await.unwrap();
    actions::add_files(&w.t.app, &act, id, actions::Upload::Evidence, &[photo]).await.unwrap();
    let inquiry = [("kind", "inquiry"), ("held_from", "2026-05-08T08:00"), ("place", "601室"), ("text", "上门查看，椅脚无脚垫。"), ("host", &w.officer.user.to_string()), ("crew", &w.leader.user.to_string())];
    w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &inquiry).await.is(303);
    w.peoples(id).await;
    let agreement = w.agree(id, "written").await;
    let promise = w.reader(async |r| mediation::store::parts::obligations(r, id).await).await[0].id.to_string();
    w.t.post(&w.officer, &format!("/disputes/{id}/promise"), &[("obligation", &promise), ("done_on", "2026-05-08"), ("proof", "上门查看，地毯已铺")]).await.is(303);
    let follow = w.reader(async |r| mediation::store::parts::follow_ups(r, id).await).await[0].id.to_string();
    let fields = [("follow_up", follow.as_str()), ("mode", "phone"), ("interviewee", "乌仁其木格·巴特尔苏和"), ("finding", "performed"), ("satisfaction", "satisfied"), ("note", "已安静")];
    w.t.post(&w.officer, &format!("/disputes/{id}/follow-up"), &fields).await.is(303);
    w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "close")]).await.is(303);
    w.filed(id).await;
    compare(&w, id, &mut seen).await;
    assert!(seen.iter().any(|f| f.paper == Paper::Agreement) && w.case(id).await.agreements[0].id == agreement);

    // Oral, on the spot, violence, referral, self-settlement: each its own papers.
    let oral = w.open(&[]).await;
    w.peoples(oral).await;
    w.agree(oral, "oral").await;
    compare(&w, oral, &mut seen).await;

    let spot = w.open(&[]).await;
    w.public_order(spot).await;
    let helper = w.auxiliary.user.to_string();
    let now = [
        ("crew", helper.as_str()), ("form", "on_spot"), ("mediator", "测试民警"), ("facts", "停车口角，推搡一下。"), ("place", "现场"), ("held_at", "2026-05-08T08:40"),
        ("signed_on", "2026-05-08"), ("signing_recorded", "1"), ("recording_no", "执法仪7-0508-3"), ("term0", "当场赔礼道歉"), ("party0", "both"), ("how0", "当面口头"), ("when0", "at_once"), ("identity_note", "当事人未带证件，已当面核对"), ("no_cost_dispute", "1"), ("spot_consent", "1"),
    ];
    w.t.post(&w.officer, &format!("/disputes/{spot}/agreement"), &now).await.is(303);
    compare(&w, spot, &mut seen).await;

    let violence = w.open(&[("domestic_violence", "yes")]).await;
    let parties = w.reader(async |r| mediation::store::parts::parties(r, violence).await).await;
    let (va, vb) = (parties[0].id.to_string(), parties[1].id.to_string());
    w.identified(violence).await;
    let warn = [
        ("offender", va.as_str()), ("victim", vb.as_str()), ("facts", "酒后动手"), ("prohibition", "禁止实施家庭暴力"), ("served_offender_on", "2026-05-08"),
        ("served_victim_on", "2026-05-08"), ("told_on", "2026-05-08"), ("committee_told", "兴华社区居民委员会"),
    ];
    w.t.post(&w.officer, &format!("/disputes/{violence}/warn"), &warn).await.is(303);
    compare(&w, violence, &mut seen).await;

    let told = w.open(&[]).await;
    w.t.post(&w.officer, &format!("/disputes/{told}/end"), &[("deed", "refer"), ("told_to", "人民法院"), ("told_how", "书面")]).await.is(303);
    compare(&w, told, &mut seen).await;

    let own = w.open(&[]).await;
    w.public_order(own).await;
    let settle = [
        ("deed", "self_settle"), ("what", "赔礼道歉，赔偿一百元，已付"), ("settled_on", "2026-05-06"), ("performed_on", "2026-05-07"),
        ("requested_on", "2026-05-07"), ("accepted_on", "2026-05-08"), ("opinion", "予以认可"),
    ];
    w.t.post(&w.officer, &format!("/disputes/{own}/end"), &settle).await.is(303);
    compare(&w, own, &mut seen).await;

    // A track that the gate excludes, and a request that is refused: each has its notice, with the rule and the ways left.
    let refused = w.open(&[]).await;
    let gate = [("track", "peoples_mediation"), ("q.party_refuses", "yes"), ("q.reserved", "no"), ("q.already_taken", "no"), ("told", "1"), ("willing", "1")];
    w.t.post(&w.officer, &format!("/disputes/{refused}/gate"), &gate).await.is(422).says("拒绝");
    w.t.post(&w.officer, &format!("/disputes/{refused}/apply"), &[("what", "请求调解赔偿"), ("asked_on", "2026-05-08")]).await.is(303);
    w.t.post(&w.officer, &format!("/disputes/{refused}/decline"), &[("answer", "refused"), ("why", "不属于本机关职责")]).await.is(303);
    let notices: Vec<_> = w.case(refused).await.papers().into_iter().filter(|(p, _)| *p == Paper::Refusal).collect();
    assert_eq!(notices.len(), 2);
    compare(&w, refused, &mut seen).await;

    // No paper of the table stays unprinted.
    let left: Vec<Paper> = required::REQUIRED.iter().map(|r| r.paper).filter(|p| !seen.iter().any(|f| f.paper == *p)).collect();
    assert_eq!(left, []);

    // The whole, with contents and pages counted through; all again later is the same bytes.
    let whole = async || w.t.post(&w.officer, &format!("{base}/whole"), &[]).await.is(200).bytes;
    let first = whole().await;
    print_again(&w, &seen).await;
    testkit::papers::golden("dossier-whole", &first, &whole().await);
    let prints = w.reader(async |r| crate::store::prints(r, id).await).await;
    assert_eq!(prints.iter().filter(|p| p.paper == Paper::Whole).count(), 1, "a reprint is no new edition");
    if let Some(text) = text_of(&first, "whole") {
        for part in ["卷内目录", "人民调解申请书", "人民调解权利义务告知书", "人民调解协议书", "授权委托书", "证据材料清单", "回访记录", "结案报告表",
            // 封面 and 封底 (domain.md §1.4).
            "卷名", "卷号", "调解员", "调解日期", "立卷人", "立卷日期", "检查人", "卷宗情况说明", "保管期限", "10年", "宋䶮群", "乌仁其木格·巴特尔苏和"] {
            assert!(text.contains(&part.split_whitespace().collect::<String>()), "{part}: {text}");
        }
        assert!(text.contains("第1页共") && !text.contains('〓'));
    }
}

#[tokio::test]
async fn a_changed_record_is_a_new_edition_and_an_unknown_character_is_named() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let print = |paper: Paper, record: Uuid| {
            let act = w.t.app.act(&w.officer, "dossier.print", Purpose::Mediation, w.t.app.fresh_command());
            let app = w.t.app.clone();
            async move { actions::print(&app, &act, id, paper, record).await }
        };
        let first = print(Paper::Registration, id.0).await.unwrap();
        let again = print(Paper::Registration, id.0).await.unwrap();
        assert!(first.bytes == again.bytes);
        let v = w.reader(async |r| mediation::store::get(r, id).await).await.version.to_string();
        let edit = [("version", v.as_str()), ("title", "楼上拖椅子"), ("summary", "夜里拖椅子，已经三周。")];
        w.t.post(&w.officer, &format!("/disputes/{id}/edit"), &edit).await.is(303);
        let changed = print(Paper::Registration, id.0).await.unwrap();
        assert!(first.data_hash != changed.data_hash && first.template_hash == changed.template_hash);
        let prints = w.reader(async |r| crate::store::prints(r, id).await).await;
        assert_eq!(prints.iter().map(|p| p.edition).collect::<BTreeSet<_>>(), BTreeSet::from([1, 2]));
        // What cannot be printed yet says how to make it so.
        let e = print(Paper::Rights, id.0).await.unwrap_err();
        assert!(matches!(&e, kernel::Error::Refused(r) if r.next.contains("受理审查")), "{e}");
        // A character that no font has.
        let id2 = w.open(&[("name_1", "宋\u{2A700}群")]).await;
        let press = [("paper", "registration"), ("record", &id2.to_string())];
        w.t.post(&w.officer, &format!("/disputes/{id2}/dossier/print"), &press).await.is(422).says("\u{2A700}").says("U+2A700").says("字体");
    }
}
