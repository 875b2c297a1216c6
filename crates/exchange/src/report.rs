//! What an import did, row by row, and the error file.

use crate::judge::says;
use crate::table::Table;

/// How many rows went where. `rows = accepted + known + refused + skipped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub rows: usize,
    pub accepted: usize,
    pub known: usize,
    pub refused: usize,
    pub skipped: usize,
}

/// What became of one record (number from 1 after the heading).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted { warnings: Vec<String> },
    /// The key is known with the same content.
    Known,
    Refused { reasons: Vec<String> },
    Skipped,
}

/// The report of a preview or an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub counts: Counts,
    /// In the file's order.
    pub rows: Vec<Outcome>,
}

impl Report {
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.counts.rows += 1;
        match &outcome {
            Outcome::Accepted { .. } => self.counts.accepted += 1,
            Outcome::Known => self.counts.known += 1,
            Outcome::Refused { .. } => self.counts.refused += 1,
            Outcome::Skipped => self.counts.skipped += 1,
        }
        self.rows.push(outcome);
    }

    /// How often each first reason stands, most frequent first.
    pub fn reasons(&self) -> Vec<(String, usize)> {
        let mut out: Vec<(String, usize)> = vec![];
        for r in &self.rows {
            if let Outcome::Refused { reasons } = r
                && let Some(first) = reasons.first()
            {
                match out.iter_mut().find(|(k, _)| k == first) {
                    Some((_, n)) => *n += 1,
                    None => out.push((first.clone(), 1)),
                }
            }
        }
        out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        out
    }

    /// The error file: the refused rows as they came, with row number and reason in two more
    /// columns. Cells that a spreadsheet would run as a formula are made harmless with a leading
    /// apostrophe (the mended file is read again without it).
    pub fn error_file(&self, table: &Table) -> String {
        let mut out = String::from("\u{feff}");
        let mut line = |cells: &[String]| {
            let quoted: Vec<String> = cells.iter().map(|c| cell(c)).collect();
            out.push_str(&quoted.join(","));
            out.push_str("\r\n");
        };
        let mut head = table.header.clone();
        head.extend(["行号".to_string(), "原因".to_string()]);
        line(&head);
        for (i, r) in self.rows.iter().enumerate() {
            if let Outcome::Refused { reasons } = r {
                let mut cells = table.records[i].1.clone();
                cells.resize(cells.len().max(table.header.len()), String::new());
                cells.push((i + 1).to_string());
                cells.push(reasons.iter().map(|k| if k.is_ascii() { format!("{k} {}", says(k)) } else { k.clone() }).collect::<Vec<_>>().join("；"));
                line(&cells);
            }
        }
        out
    }
}

fn cell(text: &str) -> String {
    let dangerous = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if dangerous { format!("'{text}") } else { text.to_string() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}
