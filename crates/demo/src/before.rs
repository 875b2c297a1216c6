//! 过去的到访: six weeks of the old ticket machine, counts by the quarter hour, brought in through the import as a user would.

use crate::counters::SINCE;
use crate::dice::Dice;
use crate::staff::Crew;
use exchange::actions::Job;
use exchange::mapping::{Mapping, SHIPPED};
use kernel::{App, Error, Result, Role, ToSpan};
use std::fmt::Write;

/// Weeks before the windows were opened here.
const WEEKS: i64 = 6;

/// Services with how many of a hundred come for them.
const SHARES: &[(&str, u64)] = &[("居住证申领", 45), ("居民身份证换领、补领", 35), ("临时身份证明", 20)];

/// People expected in a quarter hour from nine to twelve and from two to five, in hundredths, all services together.
const MORNING: [u64; 12] = [60, 75, 70, 60, 55, 50, 45, 40, 35, 30, 25, 15];
const AFTERNOON: [u64; 12] = [40, 50, 55, 50, 40, 40, 35, 35, 30, 25, 20, 10];

/// So many in a quarter hour: six chances, so that it scatters as arrivals do.
fn people(hundredths: u64, dice: &mut Dice) -> u64 {
    (0..6).filter(|_| (dice.below(600) as u64) < hundredths).count() as u64
}

/// Writes the machine's file and imports it.
async fn import_file(app: &App, crew: &Crew, text: &str) -> Result<()> {
    let who = crew.of(Role::Officer)?;
    let shipped = SHIPPED.iter().find(|s| s.0 == "arrivals").ok_or_else(|| Error::internal("demo: no mapping of arrivals"))?;
    let mapping = Mapping::parse(shipped.2)?;
    let table = exchange::table::read(text.as_bytes(), &mapping)?;
    let job = Job { actor: who, station: who.station, mapping: &mapping, file_name: "旧叫号机.csv" };
    let report = exchange::actions::import(app, &job, &table, &|_| {}).await?;
    if report.counts.refused > 0 {
        return Err(Error::internal(format!("demo: {} arrivals refused", report.counts.refused)));
    }
    Ok(())
}

/// Six weeks on working days; three days are missing in the machine's file.
pub async fn import(app: &App, crew: &Crew, dice: &mut Dice) -> Result<()> {
    let last = app.today().saturating_sub(SINCE.days());
    let mut text = String::from("日期,时段,业务,人数\n");
    let days = (1..=WEEKS * 7).rev().map(|back| last.saturating_sub(back.days()));
    for (n, day) in days.filter(|d| app.rules().calendar().is_working(*d)).enumerate() {
        if matches!(n, 8 | 9 | 17) {
            continue;
        }
        let slots = MORNING.iter().zip(36..).chain(AFTERNOON.iter().zip(56..));
        for (expected, slot) in slots {
            for (service, share) in SHARES {
                let n = people(expected * share / 100, dice);
                let _ = writeln!(text, "{day},{:02}:{:02},{service},{n}", slot / 4, slot % 4 * 15);
            }
        }
    }
    import_file(app, crew, &text).await
}
