//! 接报回执 at the desk, and the wish for secrecy, on both engines.

use super::{NOISE, Town, town};
use crate::store;
use kernel::{IncidentId, Purpose, Reader};
use testkit::{Answered, engines};

/// The secret as the page shows it.
fn secret_of(page: &Answered) -> String {
    let part = page.body.split("receipt__secret\"><code>").nth(1).and_then(|p| p.split('<').next());
    part.expect("a secret on the receipt").to_string()
}

impl Town {
    async fn report_of(&self, more: &[(&str, &str)]) -> IncidentId {
        let mut fields = vec![("source_code", "0101"), ("content", NOISE), ("place", "金桂园3号楼2单元302"), ("reporter_name", "其木格")];
        fields.extend_from_slice(more);
        IncidentId(self.t.post(&self.operator, "/incidents/new", &fields).await.is(303).new_id())
    }

    async fn opens(&self, secret: &str) -> Option<IncidentId> {
        let hash = self.t.app.vault().token_hash(secret);
        let look = self.t.app.look(&self.operator, "test.see", Purpose::Incident);
        self.t.app.db().read(&look, async |r: &mut Reader| store::by_receipt(r, &hash).await).await.unwrap()
    }
}

#[tokio::test]
async fn a_caller_hears_number_and_secret_once_and_a_new_one_ends_the_old() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report_of(&[]).await;
        let (page, read) = (format!("/incidents/{id}"), format!("/incidents/{id}/receipt/read"));
        w.t.post(&w.stranger, &read, &[("given_to", "reporter")]).await.is(404);
        w.t.post(&w.grid_worker, &read, &[("given_to", "reporter")]).await.is(403);
        w.t.get(&w.operator, &page).await.is(200).says("报警人还没有回执");
        w.t.post(&w.operator, &read, &[]).await.is(422).says("请选择回执交给谁");
        let command = w.t.app.fresh_command().to_string();
        let fields = [("given_to", "reporter"), ("command_id", command.as_str())];
        let first = w.t.post(&w.operator, &read, &fields).await.is(200).says("正阳警〔2026〕1号");
        let secret = secret_of(&first);
        // A double click shows the same; no page shows it again; 20 letters of 5 bits are 100 bits.
        assert_eq!(secret_of(&w.t.post(&w.operator, &read, &fields).await.is(200)), secret, "{engine}");
        assert_eq!(secret.chars().filter(char::is_ascii_alphanumeric).count(), 20);
        assert!(!w.t.get(&w.operator, &page).await.is(200).says("读给对方听").body.contains(&secret));
        assert_eq!(w.opens(&secret.to_lowercase().replace('-', "")).await, Some(id), "{engine}");
        // Lost: another one, and the first opens nothing.
        let second = secret_of(&w.t.post(&w.operator, &read, &[("given_to", "reporter")]).await.is(200));
        assert_ne!(second, secret);
        assert_eq!((w.opens(&secret).await, w.opens(&second).await), (None, Some(id)), "{engine}");
        w.t.get(&w.operator, &page).await.is(200).says("补发，原查询码作废");
    }
}

#[tokio::test]
async fn a_minors_receipt_goes_to_the_guardian_or_another_adult() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report_of(&[("minor", "1")]).await;
        let read = format!("/incidents/{id}/receipt/read");
        let page = w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("监护人");
        assert!(!page.body.contains("报警人本人"), "{engine}");
        w.t.post(&w.operator, &read, &[("given_to", "reporter")]).await.is(422).says("报警人是未成年人").says("监护人是被反映的一方");
        w.t.post(&w.operator, &read, &[("given_to", "guardian")]).await.is(200).says("监护人");
        w.t.post(&w.operator, &read, &[("given_to", "other_adult")]).await.is(200);
    }
}

#[tokio::test]
async fn who_asks_for_secrecy_at_the_desk_or_afterwards_is_not_named() {
    for engine in engines() {
        let w = town(engine).await;
        let asked = w.report_of(&[("secret", "1")]).await;
        let later = w.report_of(&[]).await;
        let keep = format!("/incidents/{later}/secret");
        w.t.post(&w.grid_worker, &keep, &[]).await.is(403);
        w.t.post(&w.stranger, &keep, &[]).await.is(404);
        w.t.get(&w.officer, &format!("/incidents/{later}")).await.is(200).says("其木格");
        w.t.post(&w.operator, &keep, &[]).await.is(303);
        for id in [asked, later] {
            let read = format!("/incidents/{id}/receipt/read");
            let page = w.t.post(&w.operator, &read, &[("given_to", "reporter")]).await.is(200).says("要求保密");
            for told in ["其木格", "单元302", "拖动桌椅"] {
                assert!(!page.body.contains(told), "{engine}: {told}");
            }
        }
        assert!(!w.t.get(&w.officer, &format!("/incidents/{later}")).await.is(200).says("报警人保密").body.contains("其木格"));
    }
}

#[tokio::test]
async fn who_takes_a_report_without_seeing_the_register_gives_the_receipt_at_once() {
    for engine in engines() {
        let w = town(engine).await;
        let clerk = testkit::actor(kernel::Role::WindowClerk, w.operator.station);
        for who in [&clerk, &w.grid_worker] {
            let fields = [("source_code", "0201"), ("content", NOISE), ("place", "金桂园3号楼2单元302"), ("reporter_name", "其木格"), ("secret", "1")];
            let page = w.t.post(who, "/incidents/new", &fields).await.is(200).says("登记下一件").says("要求保密");
            assert!(!page.body.contains("其木格") && !page.body.contains("单元302"), "{engine}");
            let id = w.opens(&secret_of(&page)).await.unwrap();
            w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("报警人本人，读给对方听");
        }
    }
}
