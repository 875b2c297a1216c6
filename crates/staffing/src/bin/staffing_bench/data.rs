//! The file of arrivals: `day_index,slot5min,calls`, plain or gzip; thinned with a seed.

use staffing::Rng;
use std::io::Read;
use std::path::Path;

/// Where the developers' half lies beside the checkout; the data is not part of the program.
pub const DEFAULT: &str = "../shared/data/arrivals/bank_calls_5min_dev.csv.gz";

const MAX_BYTES: u64 = 64 << 20;

/// Counts by day and slot, whole days in the order of the file.
pub type Days = Vec<Vec<u32>>;

/// Reads and checks the file.
///
/// # Errors
/// A missing or unreadable file, a row that is no three numbers, days or slots with gaps: with the line.
pub fn read(path: &Path) -> Result<Days, String> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|e| {
        format!("{shown}: {e}; name another file of day_index,slot5min,calls with --data <file.csv[.gz]>")
    })?;
    let mut bytes = vec![];
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| format!("{shown}: {e}"))?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = flate2::read::GzDecoder::new(&bytes[..]).take(MAX_BYTES).read_to_string(&mut text);
        unpacked.map_err(|e| format!("{shown}: {e}"))?;
    } else {
        text = String::from_utf8(bytes).map_err(|_| format!("{shown}: not UTF-8"))?;
    }
    parse(&text).map_err(|e| format!("{shown}: {e}"))
}

fn parse(text: &str) -> Result<Days, String> {
    let mut rows: Vec<(u32, usize, u32)> = vec![];
    for (i, line) in text.lines().enumerate().filter(|(i, l)| *i > 0 && !l.trim().is_empty()) {
        let mut cells = line.split(',').map(|c| c.trim().trim_matches('"').parse::<u32>());
        match (cells.next(), cells.next(), cells.next(), cells.next()) {
            (Some(Ok(day)), Some(Ok(slot)), Some(Ok(calls)), None) if slot < 288 && calls <= 1_000_000 => {
                rows.push((day, slot as usize, calls));
            }
            _ => return Err(format!("line {}: not day_index,slot5min,calls", i + 1)),
        }
    }
    rows.sort_unstable();
    let slots = rows.iter().map(|r| r.1 + 1).max().ok_or("no rows")?;
    let mut days: Days = vec![];
    let mut last = None;
    for (day, slot, calls) in rows {
        if last != Some(day) {
            days.push(vec![]);
            last = Some(day);
        }
        let today = days.last_mut().ok_or("no rows")?;
        if today.len() != slot {
            return Err(format!("day {day}: slot {slot} is missing in front or stands twice"));
        }
        today.push(calls);
    }
    match days.iter().position(|d| d.len() != slots) {
        Some(d) => Err(format!("the {}. day has {} slots, not {slots}", d + 1, days[d].len())),
        None => Ok(days),
    }
}

/// Keeps every arrival with the probability that leaves `mean` a slot; that probability comes with it.
pub fn thin(days: &Days, mean: f64, seed: u64) -> (Days, f64) {
    let all: f64 = days.iter().flatten().map(|n| f64::from(*n)).sum();
    let slots = days.iter().map(Vec::len).sum::<usize>() as f64;
    let keep = (mean * slots / all).min(1.0);
    let mut rng = Rng::new(seed);
    (days.iter().map(|d| d.iter().map(|n| rng.binomial(*n, keep)).collect()).collect(), keep)
}

/// Sums of `n` slots; what is left over at the end of the day is dropped.
pub fn merge(days: &Days, n: usize) -> Days {
    days.iter().map(|d| d.chunks_exact(n).map(|c| c.iter().sum()).collect()).collect()
}
