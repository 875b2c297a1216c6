//! 分级: local data. Which levels there are, their rank, owner, plan and visits, is read from the pack of the station on the day.

use crate::model::Dispute;
use kernel::rules::{Code, RuleSet};
use kernel::{Date, Refusal, Role};

const LEVELS: &str = "dispute.level";
const FACTS: &str = "dispute.level_fact";

/// The levels as they stand at a station on a day.
#[derive(Clone, Copy, Debug)]
pub struct Levels<'a> {
    rules: &'a RuleSet,
    station: &'a str,
    on: Date,
}

impl<'a> Levels<'a> {
    /// `station`: its code, as packs name it.
    pub fn at(rules: &'a RuleSet, station: &'a str, on: Date) -> Levels<'a> {
        Levels { rules, station, on }
    }

    /// What may be chosen today, in the order of the pack.
    pub fn all(&self) -> Vec<&'a Code> {
        self.rules.list_at(LEVELS, self.station, self.on)
    }

    /// A level of the day; one that is no longer chosen keeps what it last was.
    pub fn code(&self, level: &str) -> Option<&'a Code> {
        self.rules.code_at(LEVELS, level, self.station, self.on)
    }

    /// The place on the scale, from 1; 0 for a level that nobody knows. A station that only took a level off its list leaves
    /// it the rank that it has elsewhere.
    pub fn rank(&self, level: &str) -> i64 {
        let own = self.code(level).and_then(|c| c.attr_int("rank"));
        own.or_else(|| self.rules.code(LEVELS, level)?.attr_int("rank")).unwrap_or(0)
    }

    fn lowest(&self) -> Option<&'a Code> {
        self.all().into_iter().min_by_key(|c| c.attr_int("rank").unwrap_or(0))
    }

    /// The level of a new dispute: what its facts suggest; without facts the one that the pack marks `default`, else the
    /// lowest.
    pub fn of_new(&self, facts: &[String]) -> String {
        if !facts.is_empty() {
            return self.suggested("", facts);
        }
        let marked = self.all().into_iter().find(|c| c.attr_flag("default"));
        marked.or_else(|| self.lowest()).map_or(String::new(), |c| c.code.clone())
    }

    /// The level that the facts suggest: the highest `suggest_level` among them; never below `current` ("" for the lowest).
    pub fn suggested(&self, current: &str, facts: &[String]) -> String {
        let start = if current.is_empty() { self.lowest().map_or(String::new(), |c| c.code.clone()) } else { current.to_string() };
        facts
            .iter()
            .filter_map(|f| self.of_today(self.rules.code_at(FACTS, f, self.station, self.on)?.attr_text("suggest_level")?))
            .fold(start, |top, level| if self.rank(&level) > self.rank(&top) { level } else { top })
    }

    /// A level that a fact names, as one of those chosen today: where the station has other levels, the lowest of at least
    /// the same rank, else its highest.
    fn of_today(&self, level: &str) -> Option<String> {
        let all = self.all();
        if all.iter().any(|c| c.code == level) {
            return Some(level.to_string());
        }
        let rank = |c: &Code| c.attr_int("rank").unwrap_or(0);
        let at_least = all.iter().filter(|c| rank(c) >= self.rank(level)).min_by_key(|c| rank(c));
        at_least.or_else(|| all.iter().max_by_key(|c| rank(c))).map(|c| c.code.clone())
    }

    /// Days and mode of the follow-ups of a level, from the day the agreement was made or the matter ended.
    pub fn follow_ups(&self, level: &str, from: Date) -> Vec<(Date, String)> {
        let Some(code) = self.code(level) else { return vec![] };
        let mode = code.attr_text("follow_up_mode").unwrap_or("phone").to_string();
        let days = code.attrs.get("follow_up_days").and_then(|v| v.as_array()).cloned().unwrap_or_default();
        days.iter()
            .filter_map(|d| d.as_integer())
            .map(|d| (self.rules.calendar().add_days(from, d).date, mode.clone()))
            .collect()
    }

    /// Whose task a dispute of this level is.
    pub fn owner(&self, level: &str) -> Role {
        self.code(level).and_then(|c| c.attr_text("owner_role")).and_then(Role::from_code).unwrap_or(Role::Officer)
    }

    fn source(&self, level: &str) -> String {
        self.code(level).map_or(String::new(), |c| c.source.clone())
    }

    /// The level's name with 级 once: 橙级, A级, 一级.
    pub fn called(&self, level: &str) -> String {
        let name = self.code(level).map_or(level, |c| c.name.as_str());
        format!("{}级", name.trim_end_matches('级'))
    }

    /// 包案: the rank that the level asks for.
    pub fn lead(&self, level: &str, role: Role) -> Result<(), Refusal> {
        let rank = |r: Role| match r {
            Role::StationLeader => 3,
            Role::DutyLeader => 2,
            r if r.is_sworn() => 1,
            _ => 0,
        };
        let wanted = self.owner(level);
        if rank(role) < rank(wanted) {
            let what = format!("{}纠纷须由{}包案。", self.called(level), wanted.label());
            return Err(Refusal::new("mediation.lead_rank", what, format!("请由{}登录后包案。", wanted.label())).citing(self.source(level)));
        }
        Ok(())
    }

    /// A level that asks for a plan of its own is not mediated without one (一案一策).
    pub fn plan_first(&self, d: &Dispute) -> Result<(), Refusal> {
        if self.code(&d.level).is_some_and(|c| c.attr_flag("plan_required")) && d.plan.trim().is_empty() {
            let what = format!("{}纠纷须先有调解方案（一案一策）。", self.called(&d.level));
            return Err(Refusal::new("mediation.plan_first", what, "请先“写调解方案”，再组织调解。").citing(self.source(&d.level)));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "../tests/levels.rs"]
mod tests;
