//! Level, 包案, and the duty to report a risk at once.

use super::{To, end_of, give, note, reach, trace};
use crate::model::{Dispute, Link, Risk, Step};
use crate::rules::{self, Levels};
use crate::store::{self, parts, tracks};
use kernel::{Act, App, DisputeId, FieldErrors, IncidentId, Permission as P, Result, Role, Tx, clock};

/// Sets the level of the dispute (never of a person) from facts that a person has confirmed. It may
/// be set lower than the facts suggest only with a reason.
pub async fn set_level(app: &App, act: &Act, id: DisputeId, level: &str, facts: &[String], why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let rules = app.rules();
    let today = kernel::clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Level)?;
            let station = places::store::station_code(tx, d.station_id).await?;
            rules.must_know_at("dispute.level", level, &station, today)?;
            for f in facts {
                rules.must_know_at("dispute.level_fact", f, &station, today)?;
            }
            let levels = Levels::at(&rules, &station, today);
            for f in facts {
                parts::add_fact(tx, id, f, why).await?;
            }
            let all = parts::facts(tx, id).await?;
            let suggested = levels.suggested("", &all);
            if levels.rank(level) < levels.rank(&suggested) && why.trim().is_empty() {
                return Err(FieldErrors::one(
                    "level_why",
                    format!("已确认的事实建议定为“{}”，定得更低须写明理由。", rules.name("dispute.level", &suggested)),
                ));
            }
            store::set_level(tx, id, level).await?;
            tracks::insert_level(tx, id, level, &d.level, facts, why).await?;
            notices::actions::done_for(tx, id, "dispute.risk").await?;
            let names: Vec<&str> = facts.iter().map(|f| rules.name("dispute.level_fact", f)).collect();
            let mut text = format!("{}；{}", rules.name("dispute.level", level), names.join("、"));
            if !why.is_empty() {
                text.push_str(&format!("；{why}"));
            }
            note(tx, &d, Step::Level, &text).await?;
            rise(tx, &d, level, &levels).await
        })
        .await
}

/// A level that rose to a leader's rank becomes the leader's task (local rule pack).
async fn rise(tx: &mut Tx, d: &Dispute, level: &str, levels: &Levels<'_>) -> Result<()> {
    let role = levels.owner(level);
    if role == Role::Officer || levels.rank(level) <= levels.rank(&d.level) {
        return Ok(());
    }
    let title = format!("升为{}，请包案", levels.called(level));
    notices::actions::done_for(tx, d.id, "dispute.lead").await?;
    give(tx, (d, "dispute.lead"), title, d.id.0, To::Role(role), end_of(clock::day_of(tx.now()))).await
}

/// 包案: a leader of the rank the level asks for takes the dispute.
pub async fn take_lead(app: &App, act: &Act, id: DisputeId, what: &str) -> Result<()> {
    act.actor.must(P::DisputeReview)?;
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Lead)?;
            let station = places::store::station_code(tx, d.station_id).await?;
            Levels::at(&rules, &station, clock::day_of(tx.now())).lead(&d.level, tx.act().actor.role)?;
            let me = tx.act().actor.user;
            store::set_lead(tx, id, me).await?;
            for kind in ["dispute.lead", "dispute.risk"] {
                notices::actions::done_for(tx, id, kind).await?;
            }
            note(tx, &d, Step::Lead, what).await
        })
        .await
}

/// 报告激化风险: anybody who sees the dispute reports it; it becomes an incident and the duty
/// leader's task at once, and the level rises by what was told (人民调解法 §25).
pub async fn report_risk(app: &App, act: &Act, id: DisputeId, r: &Risk) -> Result<IncidentId> {
    act.actor.must(P::DisputeAssist)?;
    if r.what.trim().is_empty() {
        return Err(FieldErrors::one("risk", "请写明看到、听到了什么（谁、在哪里、要做什么）。"));
    }
    let rules = app.rules();
    let app2 = app.clone();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Risk)?;
            let now = tx.now();
            let new = incidents::model::NewIntake {
                source_code: "9900".into(),
                title: format!("纠纷激化风险：{}", kernel::text::cut(&d.title, 30)),
                content: format!("{}（纠纷 {} 办理中报告）", r.what.trim(), d.number),
                place: d.place_text.clone(),
                address: d.address_id,
                other_address: d.other_address_id,
                category: Some("dispute".into()),
                weapon: r.weapon,
                injured: r.injured,
                note: format!("纠纷 {}", d.number),
                ..incidents::model::NewIntake::default()
            };
            let taken = incidents::actions::take_in(&app2, tx, &new).await?;
            let today = clock::day_of(now);
            let link = Link {
                kind: "risk".into(),
                other_kind: "incident".into(),
                other_id: Some(taken.id.0),
                case_no: taken.number.clone(),
                day: today,
                note: r.what.clone(),
            };
            parts::insert_link(tx, id, &link).await?;
            let facts: Vec<String> = [(r.threat, "threat"), (r.weapon, "weapon"), (r.injured, "injury")]
                .iter()
                .filter(|(yes, _)| *yes)
                .map(|(_, f)| f.to_string())
                .collect();
            for f in &facts {
                parts::add_fact(tx, id, f, "报告激化风险").await?;
            }
            let station = places::store::station_code(tx, d.station_id).await?;
            let levels = Levels::at(&rules, &station, today);
            let level = levels.suggested(&d.level, &facts);
            if level != d.level && d.state.is_open() {
                store::set_level(tx, id, &level).await?;
                tracks::insert_level(tx, id, &level, &d.level, &facts, "报告激化风险").await?;
                rise(tx, &d, &level, &levels).await?;
            }
            let minutes = rules.int("dispute.risk_minutes", today)?.max(0) as u64;
            let due = now.checked_add(std::time::Duration::from_secs(minutes * 60)).unwrap_or(now);
            let title = format!("报告激化风险，已生成警情 {}，请立即处置", taken.number);
            give(tx, (&d, "dispute.risk"), title, id.0, To::Role(Role::DutyLeader), due).await?;
            let after = if d.state.is_open() { None } else { d.outcome };
            trace(tx, id, Step::Risk, (d.state, after), today, &taken.number).await?;
            Ok(taken.id)
        })
        .await
}
