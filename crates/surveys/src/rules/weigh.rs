//! How far those who answered are from the register (登记人口), and weights that bring them nearer: `staffing::latent::rake`.

use crate::model::Held;
use forms::{Definition, Item};
use people::model::{Ages, Sex};
use staffing::latent::rake;

/// No weight exceeds this many times the mean; a stated default, not fitted.
pub const CAP: f64 = 5.0;

/// From this age on the register counts where a survey asks no ages.
const ADULT: i64 = 18;

/// One class of a margin: how many answered, how many are registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    pub label: String,
    pub answered: usize,
    pub registered: i64,
}

/// An attribute that answers and register both know (性别, 年龄).
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    pub name: String,
    pub classes: Vec<Class>,
    /// Who did not say.
    pub unsaid: usize,
}

impl Margin {
    /// Shares of a class in answers and register, in per cent.
    pub fn percents(&self, c: &Class) -> (f64, f64) {
        let (n, all) = (self.classes.iter().map(|c| c.answered).sum::<usize>(), self.classes.iter().map(|c| c.registered).sum::<i64>());
        let of = |part: f64, whole: f64| if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
        (of(c.answered as f64, n as f64), of(c.registered as f64, all as f64))
    }
}

/// Weights in the order of the boxes' answers, mean 1; all 1 where nothing can be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    pub weights: Vec<f64>,
    /// The class of sex and age of each answer.
    pub groups: Vec<usize>,
    /// 有效样本量: as many answers of one weight would be as sure (Kish 1965).
    pub effective: f64,
    /// What the weights cost: answers over [`Weights::effective`].
    pub design_effect: f64,
    /// Largest difference left to the register, in percentage points.
    pub off: f64,
    /// Weights that stand at [`CAP`].
    pub trimmed: usize,
    pub margins: Vec<Margin>,
    /// What could not be done, and what was joined.
    pub remarks: Vec<String>,
}

impl Weights {
    /// The register was used.
    pub fn is_used(&self) -> bool {
        !self.margins.is_empty()
    }
}

/// Ages of a choice `a18_29` or `a60_up`.
fn ages(code: &str) -> Option<(i64, i64)> {
    let (from, to) = code.strip_prefix('a')?.split_once('_')?;
    let to = if to == "up" { 200 } else { to.parse().ok()? };
    let from = from.parse().ok()?;
    (from <= to).then_some((from, to))
}

struct Found<'a> {
    item: &'a Item,
    /// Code and words of its classes.
    classes: Vec<(String, String)>,
}

fn find<'a>(d: &'a Definition, name: &str, known: impl Fn(&str) -> bool) -> Option<Found<'a>> {
    let item = d.items.iter().find(|i| i.name == name)?;
    let forms::Kind::SelectOne(list) = &item.kind else { return None };
    let classes: Vec<_> = d.list(list)?.choices.iter().filter(|c| known(&c.name)).map(|c| (c.name.clone(), c.label.get("").to_string())).collect();
    (classes.len() > 1).then_some(Found { item, classes })
}

/// Joins classes in which nobody answered, or nobody is registered, with a neighbour.
fn joined(m: &Margin, remarks: &mut Vec<String>) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..m.classes.len()).map(|i| vec![i]).collect();
    let lacks = |g: &Vec<usize>| {
        g.iter().all(|i| m.classes[*i].answered == 0) || g.iter().all(|i| m.classes[*i].registered == 0)
    };
    while let Some(at) = (groups.len() > 1).then(|| groups.iter().position(lacks)).flatten() {
        let to = if at == 0 { 1 } else { at - 1 };
        let words = |g: &[usize]| g.iter().map(|i| m.classes[*i].label.as_str()).collect::<Vec<_>>().join("、");
        remarks.push(format!("{}：“{}”没有人回答或没有登记人口，并入“{}”。", m.name, words(&groups[at]), words(&groups[to])));
        let moved = groups.remove(at);
        let to = if at == 0 { 0 } else { to };
        groups[to].extend(moved);
    }
    groups
}

/// The class of an answer by sex and age together; who did not say one is a class of its own, and so is everybody where it was not asked.
fn group(k: &crate::model::Kept, sex: &Option<Found<'_>>, age: &Option<Found<'_>>) -> usize {
    let class = |f: &Option<Found<'_>>| {
        let Some(f) = f else { return (0, 1) };
        let said = k.answers.get(&f.item.name).and_then(|v| f.classes.iter().position(|(c, _)| c == v));
        (said.unwrap_or(f.classes.len()), f.classes.len() + 1)
    };
    let ((sex, _), (age, ages)) = (class(sex), class(age));
    sex * ages + age
}

/// Weights of all answers by sex and age, as far as the survey asks them (questions `sex` and `age` with the codes of the builder).
pub fn weigh(d: &Definition, boxes: &[Held], register: &[Ages]) -> Weights {
    let kept: Vec<_> = boxes.iter().flat_map(|b| &b.answers.0).collect();
    let n = kept.len();
    let mut out = Weights { weights: vec![1.0; n], groups: vec![0; n], effective: n as f64, design_effect: 1.0, ..Weights::default() };
    if n == 0 {
        return out;
    }
    let sex = find(d, "sex", |c| matches!(c, "male" | "female"));
    let age = find(d, "age", |c| ages(c).is_some());
    out.groups = kept.iter().map(|k| group(k, &sex, &age)).collect();
    let least = age.as_ref().and_then(|f| f.classes.iter().filter_map(|(c, _)| Some(ages(c)?.0)).min()).unwrap_or(ADULT);
    let people: Vec<&Ages> = register.iter().filter(|a| a.age >= least).collect();
    let belongs = |code: &str, a: &Ages| match ages(code) {
        Some((from, to)) => (from..=to).contains(&a.age),
        None => (code == "male" && a.sex == Sex::Male) || (code == "female" && a.sex == Sex::Female),
    };
    let mut used: Vec<(Margin, Vec<Option<usize>>, Vec<f64>)> = vec![];
    for (name, found) in [("性别", &sex), ("年龄", &age)] {
        let Some(f) = found else { continue };
        let class_of = |k: &crate::model::Kept| k.answers.get(&f.item.name).and_then(|v| f.classes.iter().position(|(c, _)| c == v));
        let class: Vec<Option<usize>> = kept.iter().map(|k| class_of(k)).collect();
        let classes = f.classes.iter().enumerate().map(|(i, (code, label))| Class {
            label: label.clone(),
            answered: class.iter().filter(|c| **c == Some(i)).count(),
            registered: people.iter().filter(|a| belongs(code, a)).map(|a| a.n).sum(),
        });
        let m = Margin { name: name.into(), classes: classes.collect(), unsaid: class.iter().filter(|c| c.is_none()).count() };
        let groups = joined(&m, &mut out.remarks);
        let shares: Vec<f64> = groups.iter().map(|g| g.iter().map(|i| m.classes[*i].registered as f64).sum()).collect();
        let class: Vec<Option<usize>> = class.into_iter().map(|c| c.and_then(|c| groups.iter().position(|g| g.contains(&c)))).collect();
        let (one, none) = (groups.len() < 2, shares.iter().sum::<f64>() <= 0.0);
        if one || none {
            let why = if none { "登记人口里没有这些人" } else { "回答的人都在一类里" };
            out.remarks.push(format!("{name}：{why}，不能用来校正。"));
            continue;
        }
        used.push((m, class, shares));
    }
    if used.is_empty() {
        if sex.is_none() && age.is_none() {
            out.remarks.push("这份问卷没有问性别和年龄段，不能和登记人口比对。下一份可以在题型里选“性别”“年龄段”。".into());
        }
        return out;
    }
    let margins: Vec<rake::Margin<'_>> = used.iter().map(|(m, class, shares)| rake::Margin { name: &m.name, class, shares }).collect();
    match rake::rake(n, &margins, CAP) {
        Ok(r) => {
            out = Weights { weights: r.weights, effective: r.effective, design_effect: r.design_effect, off: r.off * 100.0, trimmed: r.trimmed, ..out };
            out.margins = used.into_iter().map(|(m, ..)| m).collect();
        }
        Err(_) => out.remarks.push("答卷太少或太偏，不能按登记人口校正。".into()),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kept, NewQuestion};
    use kernel::row::Json;

    fn survey() -> Definition {
        let mut d = Definition::default();
        for kind in ["sex", "age"] {
            let q = NewQuestion { kind: kind.into(), ..NewQuestion::default() };
            d = super::super::with_question(d, &q, &[]).unwrap();
        }
        d
    }

    fn boxes(given: &[(&str, &str, usize)]) -> Vec<Held> {
        let kept = |sex: &str, age: &str| Kept {
            answers: [("sex".to_string(), sex.to_string()), ("age".to_string(), age.to_string())].into(),
            many: false,
            desk: false,
        };
        let all: Vec<Kept> = given.iter().flat_map(|(s, a, n)| (0..*n).map(|_| kept(s, a))).collect();
        vec![Held { day: "2026-05-08".parse().unwrap(), held: all.len() as i64, answers: Json(all) }]
    }

    fn register() -> Vec<Ages> {
        let of = |sex, age, n| Ages { sex, age, n };
        vec![of(Sex::Male, 10, 500), of(Sex::Male, 25, 40), of(Sex::Female, 40, 30), of(Sex::Male, 50, 10), of(Sex::Female, 70, 20)]
    }

    #[test]
    fn answers_are_brought_to_the_register() {
        let given = boxes(&[("male", "a18_29", 10), ("female", "a30_44", 20), ("male", "a45_59", 5), ("female", "a60_up", 5)]);
        let w = weigh(&survey(), &given, &register());
        assert!(w.is_used() && w.off < 0.1, "{w:?}");
        // Children are not asked, so they are not in the register that is compared with.
        assert_eq!(w.margins[0].classes.iter().map(|c| c.registered).collect::<Vec<_>>(), [50, 50]);
        assert!((w.weights.iter().sum::<f64>() - 40.0).abs() < 1e-6 && w.effective < 40.0);
        let young: f64 = w.weights[..10].iter().sum();
        assert!((young - 16.0).abs() < 0.05, "40 % of 40: {young}");
        // Four classes of sex and age, each answer in its own; where nothing is asked all are in one.
        let mut groups = w.groups.clone();
        groups.dedup();
        assert_eq!((w.groups.len(), groups.len()), (40, 4));
        assert_eq!(weigh(&Definition::default(), &given, &register()).groups, vec![0; 40]);
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let none = weigh(&Definition::default(), &boxes(&[("male", "a18_29", 3)]), &register());
        assert!(!none.is_used() && none.weights == [1.0; 3] && none.remarks[0].contains("没有问性别"));
        // Only men answered, nobody of 60: the sex does not help, 60 joins 45.
        let w = weigh(&survey(), &boxes(&[("male", "a18_29", 3), ("male", "a30_44", 3), ("male", "a45_59", 3)]), &register());
        assert!(w.remarks.iter().any(|r| r.contains("都在一类里")) && w.remarks.iter().any(|r| r.contains("60 岁")), "{:?}", w.remarks);
        assert_eq!(w.margins.len(), 1);
        let empty = weigh(&survey(), &boxes(&[("male", "a18_29", 3), ("female", "a30_44", 3)]), &[]);
        assert!(!empty.is_used() && empty.effective == 6.0);
        assert!(weigh(&survey(), &[], &register()).weights.is_empty());
    }
}
