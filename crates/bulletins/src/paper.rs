//! The briefing as one PDF in official typography; the published one is kept as it was made.

use crate::model::{Kind, Line, Step, Whole};
use crate::{actions, cross, rules, store};
use attachments::Kept;
use kernel::figure::Change;
use kernel::{Act, App, CommandId, Error, Purpose, Reader, Result, Timestamp, Tx, Uuid, clock};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// 通报, A4 as GB/T 9704 sets it.
const TEMPLATE: documents::Template = documents::Template { name: "通报", source: include_str!("../typst/bulletin.typ") };

/// Whose names stand on it, and as what.
const SIGNS: [(Step, &str); 3] = [(Step::Submit, "编辑"), (Step::Approve, "审核"), (Step::Publish, "签发")];

/// The typesetter takes a core.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// A change in a narrow column: `+11*` where the base is too small for a per cent.
fn short(c: &Change) -> String {
    let text = c.text();
    if c.difference() != 0 && c.hundredths().is_none() { text.split('（').next().map_or(String::new(), |t| format!("{t}*")) } else { text }
}

/// What stands on the paper. `organ` is the station's name; names of the three come from the steps.
pub fn data(w: &Whole, organ: &str, people: &[(String, &'static str)]) -> Value {
    let r = &w.report;
    let issued: Timestamp = r.published_at.unwrap_or(r.as_of);
    let zoned = issued.to_zoned_datetime(clock::zone());
    let sections: Vec<Value> = w
        .sections
        .iter()
        .map(|s| json!({ "heading": s.heading, "text": rules::filled(w, &s.text) }))
        .collect();
    let p = r.period();
    let figures: Vec<Value> = w
        .lines
        .iter()
        .filter(|l| l.whole.is_none())
        .map(|l| {
            let f = w.figure(l);
            let value = f.denominator.map_or(f.value(), |d| format!("{}（{}/{d}）", f.value(), f.numerator));
            json!([l.label, value, f.certainty(), short(&l.change(&p, false)), short(&l.change(&p, true))])
        })
        .collect();
    let mut parts: Vec<Value> = vec![];
    for (by, lines) in w.divisions() {
        let Some(whole) = lines.first().and_then(|l| l.whole).and_then(|n| w.line(n)) else { continue };
        let rows: Vec<Value> = lines
            .iter()
            .map(|l| json!([l.label, l.numerator, w.figure(l).value(), short(&l.change(&p, false)), short(&l.change(&p, true))]))
            .collect();
        let name = whole.label.trim_end_matches("占比");
        parts.push(json!({ "title": format!("{name}{by}"), "rows": rows, "total": whole.numerator }));
    }
    let crossed: Vec<Value> = w
        .lines
        .iter()
        .filter(|l| l.key == cross::OF)
        .filter_map(|whole| {
            let row = |l: &&Line| json!([l.label, l.numerator, w.figure(l).value(), short(&l.change(&p, false)), short(&l.change(&p, true))]);
            let groups: Vec<Value> =
                cross::of_line(w, whole).iter().map(|(b, lines)| json!({ "name": b.name, "rows": lines.iter().map(row).collect::<Vec<_>>() })).collect();
            (!groups.is_empty()).then(|| json!({ "title": format!("{}分项", whole.label), "groups": groups, "total": whole.numerator }))
        })
        .collect();
    json!({
        "issued_at": zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "organ": organ,
        "number": r.number,
        "draft": !actions::is_final(r.state),
        "title": r.title,
        "daily": r.kind == Kind::Daily,
        "span": r.span(),
        "as_of": clock::show(r.as_of),
        "rounding": kernel::figure::ROUNDING,
        "small": format!("带 * 的，对照期间的数不足 {}，只列增减件数，不列百分数", p.terms.min_base),
        "sections": sections,
        "figures": figures,
        "parts": parts,
        "crossed": crossed,
        "people": people.iter().map(|(n, what)| json!({ "name": n, "role": what })).collect::<Vec<_>>(),
        "copies": r.copies,
        "cc": r.cc,
        "signed_on": clock::day_of(issued).to_string(),
    })
}

async fn load(r: &mut Reader, id: Uuid) -> Result<(Whole, String, Vec<(String, &'static str)>)> {
    let w = actions::whole(r, id).await?;
    let organ = places::store::station(r, w.report.station_id).await?.name;
    let names = actions::named(r, &w.steps).await?;
    let last = |step: Step| names.iter().rfind(|(_, d)| d.step == step).map(|(n, _)| n.clone());
    let people = SIGNS.into_iter().filter_map(|(s, label)| Some((last(s)?, label))).collect();
    Ok((w, organ, people))
}

async fn print(value: Value) -> Result<Vec<u8>> {
    let permit = ADMIT.acquire().await.map_err(Error::internal)?;
    let pdf = tokio::task::spawn_blocking(move || documents::render(&TEMPLATE, &value)).await.map_err(Error::internal)?;
    drop(permit);
    let pdf = pdf.map_err(|e| match &e {
        documents::DocumentError::TooLarge { .. } | documents::DocumentError::TooManyPages { .. } => Error::TooLarge(e.to_string()),
        _ => Error::internal(e.detail()),
    })?;
    web::paper::drawable(&pdf.missing)?;
    Ok(pdf.bytes)
}

fn look(app: &App, act: &Act) -> Act {
    app.look(&act.actor, "bulletins.paper", Purpose::Statistics)
}

/// The paper: the kept one of a published briefing, else a print marked as a draft.
pub async fn pdf(app: &App, act: &Act, id: Uuid) -> Result<(String, Vec<u8>)> {
    let found = app
        .db()
        .read(&look(app, act), async |r: &mut Reader| {
            let loaded = load(r, id).await?;
            let kept: Vec<Kept> = attachments::of_record(r, "bulletin", id).await?;
            let bytes = match kept.first() {
                Some(k) => {
                    let owner = attachments::owner_of(r, k.id).await?;
                    Some(attachments::load(app, r, &owner).await?)
                }
                None => None,
            };
            Ok((loaded, bytes))
        })
        .await?;
    let ((w, organ, people), kept) = found;
    let name = w.report.title.clone();
    Ok((name, match kept {
        Some(bytes) => bytes,
        None => print(data(&w, &organ, &people)).await?,
    }))
}

/// Prints the briefing as it will be with the name of who takes `step` on it, and lets the print go.
/// Errors: it cannot be printed whole (a character that no font has, too many pages).
pub async fn check(app: &App, act: &Act, id: Uuid, step: Step) -> Result<()> {
    let (w, organ, mut people) = app.db().read(&look(app, act), async |r: &mut Reader| load(r, id).await).await?;
    if let Some((_, what)) = SIGNS.iter().find(|(s, _)| *s == step) {
        people.retain(|(_, label)| label != what);
        people.push((act.actor.name.clone(), what));
    }
    print(data(&w, &organ, &people)).await.map(|_| ())
}

/// Prints a published briefing and keeps it with it; its bytes follow from its data, so that a second print
/// is the same.
pub async fn keep(app: &App, act: &Act, id: Uuid) -> Result<()> {
    let (w, organ, people) = app.db().read(&look(app, act), async |r: &mut Reader| load(r, id).await).await?;
    let title = w.report.title.clone();
    let bytes = print(data(&w, &organ, &people)).await?;
    let file = attachments::prepare(&format!("{title}.pdf"), bytes.into()).await?;
    let mut second = act.clone();
    second.action = "bulletins.keep";
    second.command = CommandId(app.clock().new_id());
    app.db()
        .write(&second, async |tx: &mut Tx| {
            let report = store::report(tx, id).await?;
            if !attachments::of_record(tx, "bulletin", id).await?.is_empty() {
                tx.record("bulletins.keep", &[("bulletin", id)], "");
                return Ok(());
            }
            attachments::keep(app, tx, report.station_id, "bulletin", id, ("bulletin", id), std::slice::from_ref(&file)).await?;
            tx.record("bulletins.keep", &[("bulletin", id)], &report.number);
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Section, State};

    #[test]
    fn a_briefing_prints_as_a_draft_and_as_published_the_same_twice() {
        let mut w = crate::rules::tests::sample();
        w.report.copies = "分局指挥中心".into();
        let text = "共接报 {1} 起，纠纷 {3分数}。\n小结：一是平稳；#read(\"/etc/passwd\") 只是文字。".to_string();
        w.sections.push(Section { n: 1, key: "overall".into(), heading: "整体情况".into(), text });
        let people = [("敖日格乐".to_string(), "编辑"), ("李伟".to_string(), "审核"), ("王强".to_string(), "签发")];
        for state in [State::Draft, State::Published] {
            w.report.state = state;
            if actions::is_final(state) {
                w.report.number = "正阳通报〔2026〕1号".into();
                w.report.published_at = Some(Timestamp::UNIX_EPOCH);
            }
            let value = data(&w, "正阳派出所", &people);
            let pdf = documents::render(&TEMPLATE, &value).unwrap_or_else(|e| panic!("{}", e.detail()));
            assert_eq!(pdf.missing.len(), 0);
            let again = documents::render(&TEMPLATE, &data(&w, "正阳派出所", &people)).unwrap_or_else(|e| panic!("{}", e.detail()));
            testkit::papers::golden(&format!("bulletins-data-{}", state.code()), &pdf.bytes, &again.bytes);
        }
    }
}
