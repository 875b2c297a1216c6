//! PDF uploads in the whole: bound page by page, refused or listed with the reason.

use super::town::town;
use crate::actions;
use kernel::Purpose;
use testkit::engines;

const TWO_PAGES: &[u8] = include_bytes!("../../../documents/samples/two_pages.pdf");
const LOCKED: &[u8] = include_bytes!("../../../documents/samples/locked.pdf");

#[tokio::test]
async fn pages_of_uploads_are_sheets_of_the_whole_and_what_cannot_be_bound_says_why() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.peoples(id).await;
        w.agree(id, "written").await;
        w.filed(id).await;
        let files = format!("/disputes/{id}/dossier/files");
        let send = async |what: &str, name: &str, bytes: &[u8]| w.t.upload(&w.officer, &files, &[("what", what), ("command_id", &w.t.app.fresh_command().to_string())], &[("files", name, bytes)]).await;
        send("evidence", "裁定书.pdf", LOCKED).await.is(422).says("“裁定书.pdf”设有打开密码，不能装订入卷").says("去掉密码");
        send("evidence", "残页.pdf", &TWO_PAGES[..200]).await.is(422).says("“残页.pdf”已损坏或者不完整").says("重新导出");
        let act = || w.t.app.act(&w.officer, "dossier.print_whole", Purpose::Mediation, w.t.app.fresh_command());
        let bare = actions::print_whole(&w.t.app, &act(), id).await.unwrap();
        send("evidence", "裁定书.pdf", TWO_PAGES).await.is(303);
        let bound = actions::print_whole(&w.t.app, &act(), id).await.unwrap();
        // The list of evidence, and both pages.
        assert_eq!(bound.pages, bare.pages + 3, "{engine}");
        assert!(String::from_utf8_lossy(&bound.bytes).contains("<pdfaid:part>2</pdfaid:part>"));
        assert!(bound.bytes == actions::print_whole(&w.t.app, &act(), id).await.unwrap().bytes);
        if let Some(text) = super::papers::text_of(&bound.bytes, "whole-with-pdf") {
            assert!(text.contains("裁定书.pdf第1页，共2页") && text.contains("裁定书.pdf第2页，共2页"), "{text}");
        }
        // A locked file that came in with a talk is listed with the reason and does not stop the volume.
        let talk = w.case(id).await.talks[0].t.id;
        let locked = attachments::prepare("口供.pdf", LOCKED.to_vec().into()).await.unwrap();
        let keep = w.t.app.act(&w.officer, "test.keep", Purpose::Mediation, w.t.app.fresh_command());
        let (app, station) = (w.t.app.clone(), w.officer.station);
        w.t.app
            .db()
            .write(&keep, async |tx: &mut kernel::Tx| attachments::keep(&app, tx, station, "talk", talk, ("dispute", id.0), std::slice::from_ref(&locked)).await.map(|_| ()))
            .await
            .unwrap();
        let listed = actions::print_whole(&w.t.app, &act(), id).await.unwrap();
        assert_eq!(listed.pages, bound.pages + 1, "{engine}");
        if let Some(text) = super::papers::text_of(&listed.bytes, "whole-with-locked") {
            assert!(text.contains("口供.pdf") && text.contains("设有打开密码") && text.contains("没有装订入卷"), "{text}");
        }
    }
}
