//! Numbers without gaps, filing, signing, rights of the callers.

use super::town::town;
use crate::actions;
use crate::model::{NewSignature, Paper, Signer};
use kernel::Purpose;
use testkit::engines;

pub(super) fn strokes() -> Vec<u8> {
    let mut im = image::RgbaImage::from_pixel(600, 200, image::Rgba([255, 255, 255, 255]));
    for x in 100..300 {
        for y in 90..96 {
            im.put_pixel(x, y, image::Rgba([10, 10, 40, 255]));
        }
    }
    let mut out = std::io::Cursor::new(vec![]);
    im.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

#[tokio::test]
async fn numbers_of_a_committee_have_no_gaps_under_many_hands_and_refusals() {
    for engine in engines() {
        let w = town(engine).await;
        let mut ids = vec![];
        for _ in 0..8 {
            let id = w.open(&[]).await;
            w.peoples(id).await;
            ids.push(id);
        }
        let committee = w.committee().await;
        // Eight agreements at once; two are refused (a term before the signing), their numbers are not lost.
        let all = ids.iter().enumerate().map(|(i, id)| {
            let (w, committee) = (&w, committee.clone());
            async move {
                let by = if i % 4 == 3 { "2026-05-01" } else { "2026-05-15" };
                let paper = [
                    ("form", "oral"), ("committee", committee.as_str()), ("mediator", "何秀兰"), ("facts", "夜间噪声"), ("identity_note", "当事人未带证件，已当面核对"), ("place", "调解室"),
                    ("held_at", "2026-05-08T08:30"), ("signed_on", "2026-05-08"), ("term0", "铺地毯"), ("party0", "both"), ("how0", "自行铺设"), ("by0", by),
                ];
                w.t.post(&w.officer, &format!("/disputes/{id}/agreement"), &paper).await.status.as_u16()
            }
        });
        let answers = futures::future::join_all(all).await;
        assert_eq!(answers.iter().filter(|s| **s == 422).count(), 2, "{answers:?}");
        let mut numbers = vec![];
        for id in &ids {
            numbers.extend(w.reader(async |r| mediation::store::parts::agreements(r, *id).await).await.into_iter().map(|a| a.number));
        }
        numbers.sort();
        let expected: Vec<String> = (1..=6).map(|n| format!("（2026）兴华社区人调字第{n}号")).collect();
        assert_eq!(numbers, expected);
        // The volume bears the agreement's number; a matter without an agreement takes the next one.
        let agreed = ids[0];
        w.filed(agreed).await;
        let own = w.reader(async |r| mediation::store::parts::agreements(r, agreed).await).await[0].number.clone();
        assert_eq!(w.reader(async |r| crate::store::volume(r, agreed).await).await.unwrap().number, own);
        let failed = ids[3];
        w.t.post(&w.officer, &format!("/disputes/{failed}/end"), &[("deed", "fail"), ("what", "不同意")]).await.is(303);
        let bad = [("title", "甲"), ("mediator", "乙"), ("from_day", "2026-05-08"), ("until_day", "2026-05-07"), ("filed_by", "丙"), ("filed_on", "2026-05-08"), ("retention", "10")];
        w.t.post(&w.officer, &format!("/disputes/{failed}/dossier/file"), &bad).await.is(422).says("不能早于开始日期").says("依据：");
        assert!(w.reader(async |r| crate::store::volume(r, failed).await).await.is_none(), "nothing half-filed, no number is spent");
        w.filed(failed).await;
        assert_eq!(w.reader(async |r| crate::store::volume(r, failed).await).await.unwrap().number, "（2026）兴华社区人调字第7号");
        // Filed again: particulars change, the number stays.
        w.filed(failed).await;
        let next = ids[7];
        w.t.post(&w.officer, &format!("/disputes/{next}/end"), &[("deed", "fail"), ("what", "不同意")]).await.is(303);
        w.filed(next).await;
        assert_eq!(w.reader(async |r| crate::store::volume(r, next).await).await.unwrap().number, "（2026）兴华社区人调字第8号");
    }
}

#[tokio::test]
async fn the_on_scene_form_has_its_own_numbers_and_no_dossier() {
    for engine in engines() {
        let w = town(engine).await;
        for n in 1..=2 {
            let id = w.open(&[]).await;
            w.public_order(id).await;
            let leader = w.leader.user.to_string();
            let spot = |recorded: &'static str, no: &'static str, crew: &'static str| {
                [
                    ("crew", if crew.is_empty() { "" } else { leader.as_str() }), ("form", "on_spot"), ("mediator", "测试民警"), ("facts", "推搡"), ("place", "现场"), ("held_at", "2026-05-08T08:40"),
                    ("signed_on", "2026-05-08"), ("signing_recorded", recorded), ("recording_no", no), ("term0", "当场赔礼道歉"), ("party0", "both"), ("how0", "当面口头"), ("when0", "at_once"), ("identity_note", "当事人未带证件，已当面核对"), ("no_cost_dispute", "1"), ("spot_consent", "1"),
                ]
            };
            let path = format!("/disputes/{id}/agreement");
            w.t.post(&w.officer, &path, &spot("", "", "x")).await.is(422).says("录音录像");
            w.t.post(&w.officer, &path, &spot("1", "", "x")).await.is(422).says("没有录音录像编号").says("一百七十八");
            w.t.post(&w.officer, &path, &spot("1", "执法仪7-0508-3", "")).await.is(422).says("须 2 名以上民警").says("五十二");
            w.t.post(&w.officer, &path, &spot("1", "执法仪7-0508-3", "x")).await.is(303);
            let a = w.reader(async |r| mediation::store::parts::agreements(r, id).await).await;
            assert_eq!(a[0].number, format!("正阳公（现调）字〔2026〕{n}号"));
            w.t.get(&w.officer, &format!("/disputes/{id}/dossier")).await.is(200).says("按编号留存");
            let file = [("title", "甲"), ("mediator", "乙"), ("from_day", "2026-05-08"), ("until_day", "2026-05-08"), ("filed_by", "丙"), ("filed_on", "2026-05-08"), ("retention", "10")];
            w.t.post(&w.officer, &format!("/disputes/{id}/dossier/file"), &file).await.is(422).says("不需要立卷");
        }
    }
}

#[tokio::test]
async fn a_signature_needs_its_recording_and_stands_only_on_what_was_signed() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.peoples(id).await;
        let agreement = w.agree(id, "written").await;
        let parties = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
        let sign = |by: usize, recording, picture: Vec<u8>| {
            let act = w.t.app.act(&w.officer, "dossier.sign", Purpose::Mediation, w.t.app.fresh_command());
            let n = NewSignature { paper: Paper::Agreement, record: agreement.0, party: parties[by].id, signer: Signer::Party, recording, picture };
            let app = w.t.app.clone();
            async move { actions::sign(&app, &act, id, &n).await }
        };
        let e = sign(0, None, strokes()).await.unwrap_err();
        assert!(matches!(&e, kernel::Error::Refused(r) if r.rule.source.contains("二百六十三") && r.next.contains("录音录像")), "{e}");
        w.t.get(&w.officer, &format!("/disputes/{id}/dossier/sign?paper=agreement&record={agreement}")).await.is(200).says("fq-sign").says("上传签名图片");
        // On the page: rule, source, the way on; nothing is saved, not even the look of a signature.
        let place = format!("/disputes/{id}/dossier");
        let (record, party) = (agreement.to_string(), parties[0].id.to_string());
        let unfilmed = [("paper", "agreement"), ("record", record.as_str()), ("party", party.as_str())];
        w.t.post(&w.officer, &format!("{place}/sign"), &unfilmed).await.is(422).says("没有关联签署过程的录音录像").says("依据：").says("二百六十三").says("请先在“录音录像”");
        let backwards = [("device", "执法记录仪 12"), ("file_no", "REC-1"), ("began_at", "2026-05-08T08:50"), ("ended_at", "2026-05-08T08:40")];
        w.t.post(&w.auxiliary, &format!("{place}/recording"), &backwards).await.is(422).says("结束时间不能早于开始时间").says("依据：").says("REC-1");
        let kept = w.reader(async |r| Ok((crate::store::signatures(r, id).await?.len(), crate::store::recordings(r, id).await?.len()))).await;
        assert_eq!(kept, (0, 0), "{engine}");
        let rec = [("device", "执法记录仪 12"), ("file_no", "REC-20260508-1"), ("began_at", "2026-05-08T08:50")];
        w.t.post(&w.auxiliary, &format!("{place}/recording"), &rec).await.is(303);
        let recording = w.reader(async |r| crate::store::recordings(r, id).await).await[0].id;
        assert_eq!(sign(0, Some(recording), vec![]).await.unwrap_err().key(), "dossier.signature");
        sign(0, Some(recording), strokes()).await.unwrap();
        let case = w.case(id).await;
        let data = crate::compose::sheet(&case, Paper::Agreement, agreement.0).unwrap().data;
        assert_eq!(data.to_string().matches("$signature").count(), 1, "on the party's place alone");
        assert!(data["signing_film"].as_str().unwrap().contains("REC-20260508-1"), "the paper names the recording: {data}");
        // The second party signs what the first signed: the sentence about the recording is no part of it.
        sign(1, Some(recording), strokes()).await.unwrap();
        let again = crate::compose::sheet(&w.case(id).await, Paper::Agreement, agreement.0).unwrap().data;
        assert_eq!((again.to_string().matches("$signature").count(), &again["signing_film"]), (2, &data["signing_film"]));
        let act = w.t.app.act(&w.officer, "dossier.print", Purpose::Mediation, w.t.app.fresh_command());
        actions::print(&w.t.app, &act, id, Paper::Agreement, agreement.0).await.unwrap();
        // The content changes: the signature does not stand on the new content.
        let fields = [("party", parties[1].id.to_string()), ("occupation", "司机".to_string())];
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        w.t.post(&w.officer, &format!("/disputes/{id}/dossier/party"), &pairs).await.is(303);
        let case = w.case(id).await;
        let data = crate::compose::sheet(&case, Paper::Agreement, agreement.0).unwrap().data;
        assert!(!data.to_string().contains("$signature"));
    }
}

#[tokio::test]
async fn guardian_agent_and_interpreter_sign_each_its_own_place() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.peoples(id).await;
        let parties = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
        let (a, b) = (parties[0].id, parties[1].id);
        let more = mediation::model::NewParty {
            minor: true, guardian: "父亲 其木格".into(), agent_name: "刘洋".into(), agent_relation: "律师".into(), agent_power: "特别授权".into(),
            ..mediation::model::NewParty::default()
        };
        let act = w.t.app.act(&w.officer, "mediation.party", Purpose::Mediation, w.t.app.fresh_command());
        mediation::actions::amend_party(&w.t.app, &act, id, a, more).await.unwrap();
        let page = format!("/disputes/{id}/dossier");
        w.t.get(&w.officer, &page).await.is(200).says("通知监护人的日期、方式");
        let a_text = a.to_string();
        let fields = [
            ("party", a_text.as_str()), ("guardian_relation", "父亲"), ("guardian_told_on", "2026-05-08"), ("guardian_told_how", "当面"),
            ("interpreter", "苏日娜"), ("language", "蒙古语"),
        ];
        w.t.post(&w.officer, &format!("{page}/party"), &fields).await.is(303);
        let f = w.case(id).await.facts();
        assert_eq!((f.minors, f.guardians_told), (1, 1), "day and manner are written down");
        let noted = crate::compose::sheet(&w.case(id).await, Paper::Registration, id.0).unwrap().data.to_string();
        assert!(noted.contains("父亲 其木格（父亲），2026年5月8日当面通知到场"), "the papers note it (程序规定 §181): {noted}");
        let agreement = w.agree(id, "written").await;
        let rec = [("device", "执法记录仪 12"), ("file_no", "REC-20260508-1"), ("began_at", "2026-05-08T08:50")];
        w.t.post(&w.auxiliary, &format!("{page}/recording"), &rec).await.is(303);
        let recording = w.reader(async |r| crate::store::recordings(r, id).await).await[0].id;
        w.t.get(&w.officer, &format!("{page}/sign?paper=agreement&record={agreement}")).await.is(200).says("甲方监护人 父亲 其木格").says("甲方代理人 刘洋").says("翻译（蒙古语） 苏日娜");
        let sign = async |paper, record, party, signer| {
            let act = w.t.app.act(&w.officer, "dossier.sign", Purpose::Mediation, w.t.app.fresh_command());
            let n = NewSignature { paper, record, party, signer, recording: Some(recording), picture: strokes() };
            actions::sign(&w.t.app, &act, id, &n).await
        };
        let all = [(a, Signer::Party), (a, Signer::Guardian), (a, Signer::Agent), (a, Signer::Interpreter), (b, Signer::Party)];
        for (n, (party, signer)) in all.into_iter().enumerate() {
            sign(Paper::Agreement, agreement.0, party, signer).await.unwrap();
            let data = crate::compose::sheet(&w.case(id).await, Paper::Agreement, agreement.0).unwrap().data;
            assert_eq!(data.to_string().matches("$signature").count(), n + 1, "{engine}: {signer:?} has one place, and those before stand");
        }
        w.t.get(&w.officer, &format!("{page}/sign?paper=agreement&record={agreement}")).await.is(200).says("录像：执法记录仪 12");
        assert_eq!(sign(Paper::Agreement, agreement.0, b, Signer::Guardian).await.unwrap_err().key(), "dossier.signer");
        assert_eq!(sign(Paper::Note, id.0, a, Signer::Agent).await.unwrap_err().key(), "dossier.not_yet");
        let act = w.t.app.act(&w.officer, "dossier.print", Purpose::Mediation, w.t.app.fresh_command());
        actions::print(&w.t.app, &act, id, Paper::Agreement, agreement.0).await.unwrap();
    }
}

#[tokio::test]
async fn who_may_do_what_with_the_papers() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let page = format!("/disputes/{id}/dossier");
        w.t.get(&w.stranger, &page).await.is(404);
        w.t.get(&w.auxiliary, &page).await.is(200).says("卷内文书").says("还缺");
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.is(200).says("打开卷宗");
        for (path, fields) in [("print", vec![("paper", "registration")]), ("whole", vec![]), ("file", vec![]), ("sign", vec![]), ("pass", vec![])] {
            w.t.post(&w.auxiliary, &format!("{page}/{path}"), &fields).await.is(403);
        }
        let record = id.to_string();
        w.t.post(&w.stranger, &format!("{page}/print"), &[("paper", "registration"), ("record", &record)]).await.is(404);
        w.t.post(&w.officer, &format!("{page}/whole"), &[]).await.is(422).says("还没有立卷");
        let pdf = w.t.post(&w.officer, &format!("{page}/print"), &[("paper", "registration"), ("record", &record)]).await.is(200);
        assert!(pdf.body.starts_with("%PDF-1.7"));
        let fields = [("paper", "registration"), ("record", record.as_str()), ("party", "x")];
        w.t.post(&w.officer, &format!("{page}/sign"), &fields).await.is(422).says("请选择签名的人");
    }
}

/// The shipped pack with a period that a station imported: shorter than any volume's.
fn short_periods() -> kernel::rules::RuleSet {
    let own = "[[rule]]\nkey = \"retention.dispute\"\nvalue = 24\nunit = \"months\"\ntitle = \"纠纷文字保存期限\"\nsource = \"本单位保管期限表\"\nsource_kind = \"default\"\nverified = true\nfrom = \"2020-01-01\"\n";
    rulebook::shipped_with(&[("own".into(), own.into())]).unwrap()
}

#[tokio::test]
async fn while_a_volume_is_kept_its_dispute_its_parties_and_its_files_are() {
    for engine in engines() {
        let w = town(engine).await;
        w.t.app.set_rules(short_periods());
        let id = w.open(&[]).await;
        w.peoples(id).await;
        let files = format!("/disputes/{id}/dossier/files");
        w.t.upload(&w.officer, &files, &[("what", "evidence"), ("command_id", &w.t.app.fresh_command().to_string())], &[("files", "客厅.png", &strokes())]).await.is(303);
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "withdraw"), ("what", "双方撤回，自行解决")]).await.is(303);
        w.filed(id).await;
        // Filed again with a longer period, the former hold ends; a shorter one is for who reviews the matter.
        let again = |retention: &'static str| {
            [("title", "甲与乙邻里纠纷"), ("mediator", "何秀兰"), ("from_day", "2010-05-08"), ("until_day", "2010-05-08"), ("filed_by", "测试民警"), ("filed_on", "2010-05-08"), ("retention", retention)]
        };
        let place = format!("/disputes/{id}/dossier/file");
        w.t.post(&w.officer, &place, &again("30")).await.is(303);
        w.t.post(&w.officer, &place, &again("10")).await.is(403);
        w.t.post(&w.leader, &place, &again("10")).await.is(303);
        let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
        let run = async || {
            let act = w.t.app.act(&admin, "mediation.retention", Purpose::Retention, w.t.app.fresh_command());
            mediation::actions::retention(&w.t.app, &act, false).await.unwrap().lines
        };
        let years = |n: i64| w.t.app.clock().advance(n * 366 * 86_400);
        years(5);
        let lines = run().await;
        assert_eq!((lines[0].due, lines[0].held, lines[2].due), (0, 1, 0), "{engine}");
        let holds = w.reader(async |r| people::store::record_holds(r, id.0).await).await;
        assert_eq!(holds.iter().filter(|h| h.released_at.is_none()).count(), 1, "{engine}");
        assert!(holds[0].reason.contains("保管期限至2036-12-31"), "{engine}: {}", holds[0].reason);
        let parties = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
        let persons: Vec<kernel::PersonId> = parties.iter().map(|p| p.person_id).collect();
        assert_eq!(w.reader(async |r| people::store::held_persons(r, &persons).await).await.len(), persons.len(), "{engine}");
        years(6);
        let lines = run().await;
        assert_eq!((lines[0].cleared, lines[2].cleared), (1, 1), "{engine}: the texts, then what was attached; a day typed as 2010 shortens nothing");
        assert!(w.reader(async |r| people::store::held_persons(r, &persons).await).await.is_empty(), "{engine}");
        let left = w.reader(async |r| attachments::of_record(r, "dossier.evidence", id.0).await).await;
        assert_eq!((left.len(), left[0].is_there()), (1, false), "{engine}: that there was one stays");
        w.t.get(&w.officer, &format!("/disputes/{id}/dossier")).await.is(200);
        w.t.post(&w.officer, &format!("/disputes/{id}/dossier/whole"), &[("purpose", "mediation")]).await.is(422).says("附件已按保存期限清理");
    }
}
