//! Reads the public text format of shift-scheduling instances (`.txt`, `.txt.gz`), total over bytes: any input gives a
//! model or a line and a reason. The first day is a Monday; days 5 and 6 of each week are a weekend.

use super::model::{Cover, Kind, MAX_CELLS, MAX_DAYS, MAX_KINDS, MAX_PEOPLE, MAX_WEIGHT, Model, Person, Request};
use std::collections::HashMap;
use std::io::Read;

/// Bytes of text at most, after unpacking.
pub const MAX_BYTES: usize = 16 << 20;

/// Why a file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadFile {
    /// Line from 1; 0 for the file as a whole.
    pub line: usize,
    pub reason: String,
}

fn refuse<T>(line: usize, reason: impl Into<String>) -> Result<T, BadFile> {
    Err(BadFile { line, reason: reason.into() })
}

/// Reads a file's bytes, gzip by its magic number or plain text.
///
/// # Errors
/// The first line that is not the format, or sizes beyond what a model may have.
pub fn read(bytes: &[u8]) -> Result<Model, BadFile> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        let unpacked = flate2::read::GzDecoder::new(bytes).take(MAX_BYTES as u64 + 1).read_to_end(&mut text);
        if let Err(e) = unpacked {
            return refuse(0, format!("gzip: {e}"));
        }
        return read_text(&text);
    }
    read_text(bytes)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Section {
    None,
    Horizon,
    Shifts,
    Staff,
    DaysOff,
    On,
    Off,
    Cover,
}

const SECTIONS: [(&str, Section); 7] = [
    ("SECTION_HORIZON", Section::Horizon),
    ("SECTION_SHIFTS", Section::Shifts),
    ("SECTION_STAFF", Section::Staff),
    ("SECTION_DAYS_OFF", Section::DaysOff),
    ("SECTION_SHIFT_ON_REQUESTS", Section::On),
    ("SECTION_SHIFT_OFF_REQUESTS", Section::Off),
    ("SECTION_COVER", Section::Cover),
];

#[derive(Default)]
struct Reader {
    model: Model,
    kinds: HashMap<String, usize>,
    people: HashMap<String, usize>,
    /// Names in "may not follow", resolved when all shifts are known: (line, kind, name).
    successors: Vec<(usize, usize, String)>,
    seen_cover: HashMap<(usize, usize), usize>,
}

fn read_text(bytes: &[u8]) -> Result<Model, BadFile> {
    if bytes.len() > MAX_BYTES {
        return refuse(0, format!("more than {MAX_BYTES} bytes of text"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return refuse(0, "not UTF-8 text") };
    let mut reader = Reader::default();
    let mut section = Section::None;
    let mut done: Vec<Section> = vec![];
    let mut last = 0;
    for (i, line) in text.lines().enumerate() {
        last = i + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("SECTION_") {
            reader.leave(section, last)?;
            let Some(&(_, next)) = SECTIONS.iter().find(|(name, _)| *name == line) else {
                return refuse(last, "unknown section");
            };
            if done.contains(&next) {
                return refuse(last, "this section stands twice");
            }
            let needed = match next {
                Section::Horizon | Section::Shifts | Section::None => None,
                Section::Staff => Some(Section::Shifts),
                Section::DaysOff | Section::On | Section::Off => Some(Section::Staff),
                Section::Cover => Some(Section::Shifts),
            };
            if next != Section::Horizon && !done.contains(&Section::Horizon) {
                return refuse(last, "the horizon must come first");
            }
            if needed.is_some_and(|n| !done.contains(&n)) {
                return refuse(last, format!("this section needs {:?} before it", needed.unwrap_or(Section::None)));
            }
            done.push(next);
            section = next;
            continue;
        }
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        match section {
            Section::None => return refuse(last, "text before the first section"),
            Section::Horizon => reader.horizon(last, &fields)?,
            Section::Shifts => reader.shift(last, &fields)?,
            Section::Staff => reader.staff(last, &fields)?,
            Section::DaysOff => reader.days_off(last, &fields)?,
            Section::On => reader.request(last, &fields, true)?,
            Section::Off => reader.request(last, &fields, false)?,
            Section::Cover => reader.cover(last, &fields)?,
        }
    }
    reader.leave(section, last)?;
    if reader.model.days == 0 || reader.model.people.is_empty() {
        return refuse(last, "horizon or staff missing");
    }
    reader.model.validate().map_err(|e| BadFile { line: 0, reason: e.0 })?;
    Ok(reader.model)
}

/// A whole number from 0 to `most`.
fn number(line: usize, text: &str, most: u64, what: &str) -> Result<u64, BadFile> {
    match text.parse::<u64>() {
        Ok(n) if n <= most => Ok(n),
        Ok(n) => refuse(line, format!("{what} is {n}, at most {most} is possible")),
        Err(_) => refuse(line, format!("{what} is not a whole number")),
    }
}

fn name(line: usize, text: &str) -> Result<String, BadFile> {
    if text.is_empty() || text.len() > 60 || text.contains(['|', '=']) {
        return refuse(line, "a name is 1 to 60 bytes without | and =");
    }
    Ok(text.to_string())
}

impl Reader {
    /// What must hold when a section ends.
    fn leave(&mut self, section: Section, line: usize) -> Result<(), BadFile> {
        match section {
            Section::Horizon if self.model.days == 0 => refuse(line, "the horizon has no number of days"),
            Section::Shifts if self.model.kinds.is_empty() => refuse(line, "no shifts"),
            Section::Shifts => {
                for (line, kind, name) in std::mem::take(&mut self.successors) {
                    let Some(&next) = self.kinds.get(&name) else {
                        return refuse(line, "a successor that is not a shift");
                    };
                    self.model.kinds[kind].never_then.push(next);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn horizon(&mut self, line: usize, f: &[&str]) -> Result<(), BadFile> {
        if self.model.days != 0 || f.len() != 1 {
            return refuse(line, "the horizon is one number");
        }
        let days = number(line, f[0], MAX_DAYS as u64, "horizon")? as usize;
        if days == 0 {
            return refuse(line, "horizon of 0 days");
        }
        self.model.days = days;
        self.model.weekends =
            (5..days).step_by(7).map(|d| if d + 1 < days { vec![d, d + 1] } else { vec![d] }).collect();
        Ok(())
    }

    fn shift(&mut self, line: usize, f: &[&str]) -> Result<(), BadFile> {
        if f.len() != 3 {
            return refuse(line, "a shift has 3 fields: name, minutes, successors");
        }
        let name = name(line, f[0])?;
        let index = self.model.kinds.len();
        if index >= MAX_KINDS {
            return refuse(line, format!("more than {MAX_KINDS} shifts"));
        }
        if self.kinds.insert(name.clone(), index).is_some() {
            return refuse(line, "this shift stands twice");
        }
        let minutes = number(line, f[1], 2880, "length of the shift")? as u32;
        if minutes == 0 {
            return refuse(line, "a shift of 0 minutes");
        }
        for s in f[2].split('|').filter(|s| !s.is_empty()) {
            self.successors.push((line, index, s.trim().to_string()));
            if self.successors.len() > MAX_KINDS * MAX_KINDS {
                return refuse(line, "too many successors");
            }
        }
        self.model.kinds.push(Kind { name, minutes, never_then: vec![] });
        Ok(())
    }

    fn staff(&mut self, line: usize, f: &[&str]) -> Result<(), BadFile> {
        if f.len() != 8 {
            return refuse(line, "a person has 8 fields");
        }
        let name = name(line, f[0])?;
        let index = self.model.people.len();
        let (days, kinds) = (self.model.days, self.model.kinds.len());
        if index >= MAX_PEOPLE || (index + 1) * days * kinds > MAX_CELLS {
            return refuse(line, "more people than a model may have");
        }
        if self.people.insert(name.clone(), index).is_some() {
            return refuse(line, "this person stands twice");
        }
        let mut p = Person::free(name, kinds);
        let mut limits: Vec<Option<u16>> = vec![None; kinds];
        for part in f[1].split('|').filter(|s| !s.is_empty()) {
            let Some((kind, most)) = part.split_once('=') else {
                return refuse(line, "a limit is written shift=number");
            };
            let Some(&k) = self.kinds.get(kind.trim()) else { return refuse(line, "a limit for an unknown shift") };
            let most = number(line, most.trim(), 60_000, "limit of a shift")? as u16;
            if limits[k].replace(most).is_some() {
                return refuse(line, "a limit stands twice");
            }
        }
        p.max_of_kind = limits.into_iter().map(|l| l.unwrap_or(MAX_DAYS as u16)).collect();
        let minutes = |i: usize, what| number(line, f[i], 10_000_000, what).map(|n| n as u32);
        p.max_minutes = minutes(2, "largest total of minutes")?;
        p.min_minutes = minutes(3, "smallest total of minutes")?;
        let count = |i: usize, what| number(line, f[i], 60_000, what).map(|n| n as u16);
        p.max_run = count(4, "longest run")?;
        p.min_run = count(5, "shortest run")?.max(1);
        p.min_off = count(6, "fewest days off")?.max(1);
        p.max_weekends = count(7, "most weekends")?;
        if p.max_run == 0 {
            return refuse(line, "a longest run of 0 days");
        }
        self.model.people.push(p);
        Ok(())
    }

    fn person(&self, line: usize, text: &str) -> Result<usize, BadFile> {
        self.people.get(text).copied().map_or_else(|| refuse(line, "unknown person"), Ok)
    }

    fn kind(&self, line: usize, text: &str) -> Result<usize, BadFile> {
        self.kinds.get(text).copied().map_or_else(|| refuse(line, "unknown shift"), Ok)
    }

    fn day(&self, line: usize, text: &str) -> Result<usize, BadFile> {
        number(line, text, self.model.days as u64 - 1, "day").map(|d| d as usize)
    }

    fn days_off(&mut self, line: usize, f: &[&str]) -> Result<(), BadFile> {
        let p = self.person(line, f[0])?;
        for text in &f[1..] {
            let d = self.day(line, text)?;
            if !self.model.people[p].days_off.contains(&d) {
                self.model.people[p].days_off.push(d);
            }
        }
        Ok(())
    }

    fn request(&mut self, line: usize, f: &[&str], on: bool) -> Result<(), BadFile> {
        if f.len() != 4 {
            return refuse(line, "a request has 4 fields: person, day, shift, weight");
        }
        let person = self.person(line, f[0])?;
        let day = self.day(line, f[1])?;
        let kind = self.kind(line, f[2])?;
        let weight = number(line, f[3], MAX_WEIGHT as u64, "weight")? as i64;
        self.model.requests.push(Request { person, day, kind, on, weight });
        Ok(())
    }

    fn cover(&mut self, line: usize, f: &[&str]) -> Result<(), BadFile> {
        if f.len() != 5 {
            return refuse(line, "a need has 5 fields: day, shift, people, weight under, weight over");
        }
        let day = self.day(line, f[0])?;
        let kind = self.kind(line, f[1])?;
        if let Some(first) = self.seen_cover.insert((day, kind), line) {
            return refuse(line, format!("this need already stands in line {first}"));
        }
        let need = number(line, f[2], MAX_PEOPLE as u64, "people needed")? as u32;
        let under = number(line, f[3], MAX_WEIGHT as u64, "weight under")? as i64;
        let over = number(line, f[4], MAX_WEIGHT as u64, "weight over")? as i64;
        self.model.cover.push(Cover { day, kind, need, under, over, hard: false });
        Ok(())
    }
}
