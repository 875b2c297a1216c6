//! What is wrong with a questionnaire, and where.

use crate::limits;
use std::fmt;

/// One fault of a workbook or a definition, in words for the person who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `survey`, `choices`, `settings` or another sheet's name; "" for the file as a whole.
    pub sheet: String,
    /// Row of the sheet as the spreadsheet shows it, from 1; 0 for the sheet as a whole.
    pub row: usize,
    /// The column's heading, or its letter where it has none; "" for the row as a whole.
    pub column: String,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub next: String,
}

impl Fault {
    /// A fault of the file as a whole.
    pub fn of_file(why: impl Into<String>, next: impl Into<String>) -> Fault {
        Fault { sheet: String::new(), row: 0, column: String::new(), why: why.into(), next: next.into() }
    }

    /// A fault at a place.
    pub fn at(sheet: &str, row: usize, column: &str, why: impl Into<String>, next: impl Into<String>) -> Fault {
        Fault { sheet: sheet.into(), row, column: column.into(), why: why.into(), next: next.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.sheet.is_empty() {
            write!(f, "{} 表", self.sheet)?;
        }
        if self.row > 0 {
            write!(f, "第 {} 行", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, "“{}”列", self.column)?;
        }
        if !self.sheet.is_empty() {
            f.write_str("：")?;
        }
        write!(f, "{}{}", self.why, self.next)
    }
}

/// Faults in the order in which they were found; all but the first [`limits::FAULTS`] are only counted.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    more: usize,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if self.list.len() < limits::FAULTS { self.list.push(fault) } else { self.more += 1 }
    }

    pub(crate) fn count(&self) -> usize {
        self.list.len() + self.more
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The list, sheet by sheet as found, rows ascending, with a last line that counts what was left out.
    pub(crate) fn finish(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|f| (f.sheet != "survey", f.sheet.clone(), f.row));
        if self.more > 0 {
            self.list.push(Fault::of_file(format!("另有 {} 处问题未列出。", self.more), "请先改正以上各处。"));
        }
        self.list
    }
}
