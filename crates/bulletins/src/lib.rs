//! 统计: the station's figures, each with numerator, denominator and definition, each opening its rows.
//!
//! **Invariants.** A figure is defined once, in the domain whose rows it counts
//! ([`kernel::figure::Spec`]); this domain only collects and shows. What is shown is what the command
//! line prints ([`figures`]).

mod web_pages;

#[cfg(test)]
mod tests;

use kernel::figure::{Figure, Period, Spec};
use kernel::{Act, App, Date, Permission as P, Reader, Refusal, Result};
use web::domain::get;
use web::{Domain, MenuItem, Need};

/// Routes and menu of the domain.
pub fn domain() -> Domain {
    Domain {
        name: "bulletins",
        routes: vec![
            get("/figures", Need::Can(P::FiguresSee), web_pages::page),
            get("/figures/rows", Need::Can(P::FiguresSee), web_pages::rows),
        ],
        menu: vec![MenuItem { group: "统计", label: "统计数据", path: "/figures", permission: P::FiguresSee, order: 40 }],
        ..Domain::default()
    }
}

/// Every figure of the program.
pub fn specs() -> Vec<Spec> {
    let mut out = incidents::figures::all();
    out.extend(mediation::figures::all());
    out
}

/// Days in one question at most.
const MAX_DAYS: i32 = 3_660;

/// Refuses a period that ends before it begins or is longer than ten years.
pub fn check(from: Date, until: Date) -> Result<(), Refusal> {
    let days = from.until(until).map(|s| s.get_days()).unwrap_or(-1);
    if (0..=MAX_DAYS).contains(&days) {
        return Ok(());
    }
    Err(Refusal::new("figures.period", format!("统计期间 {from} 至 {until} 不成立。"), "截止日期不早于起始日期，最长十年。"))
}

/// All figures of a period, in their order.
pub async fn figures(app: &App, act: &Act, p: &Period) -> Result<Vec<Figure>> {
    act.actor.must(P::FiguresSee)?;
    act.actor.must_reach("派出所", p.station, None)?;
    check(p.from, p.until)?;
    app.db()
        .read(act, async |r: &mut Reader| {
            let mut out = vec![];
            for spec in specs() {
                out.push(spec.figure(r, p).await?);
            }
            Ok(out)
        })
        .await
}
