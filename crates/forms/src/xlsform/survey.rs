//! The sheet `survey`: rows to a tree.

use super::book::Sheet;
use super::columns::{self, Column};
use super::types::{self, Row};
use crate::fault::{Fault, Faults};
use crate::form::{close, yes_no};
use crate::limits;
use crate::model::{Choice, Item, Kind, List, Text};

/// A group that is not ended yet.
struct Open {
    item: Item,
    what: &'static str,
    /// The list of a loop.
    over: Option<String>,
}

/// The items, and whether the outline (headings, groups) is whole.
pub(super) fn read(sheet: &Sheet, lists: &mut [List], faults: &mut Faults, remarks: &mut Faults) -> (Vec<Item>, bool) {
    let before = faults.count();
    let columns = columns::read(sheet, false, faults);
    let mut whole = faults.count() == before;
    let has = |name: &'static str| columns.iter().any(|(_, c)| matches!(c, Column::Ours(n, _) if *n == name));
    for wanted in ["type", "name"] {
        if !has(wanted) {
            faults.add(Fault::at(
                "survey",
                1,
                wanted,
                format!("表头没有“{wanted}”列。"),
                "请补上这一列；表头应在第 1 行。",
            ));
            return (vec![], false);
        }
    }
    strange(&columns, remarks);
    if let Some(first) = sheet.rows.range(1..).next().map(|(row, _)| *row).filter(|row| *row > 1) {
        let why = if first == 2 {
            "第 2 行是空行，题目应从第 2 行开始。".into()
        } else {
            format!("第 2 到 {first} 行是空行，题目应从第 2 行开始。")
        };
        faults.add(Fault::at("survey", 2, "", why, "请删去空行；如果漏了题目，请补上。"));
    }
    let mut open: Vec<Open> = vec![];
    let mut top: Vec<Item> = vec![];
    let mut loops: Vec<(usize, String)> = vec![];
    for (&index, cells) in sheet.rows.range(1..) {
        let row = index + 1;
        let cell = |name: &str| {
            let at = columns.iter().find(|(_, c)| matches!(c, Column::Ours(n, _) if *n == name));
            at.and_then(|(at, _)| cells.get(at)).map_or("", String::as_str)
        };
        let disabled = yes_no(cell("disabled")) == Some(true);
        let said = columns.iter().any(|(at, c)| !matches!(c, Column::Strange(_)) && cells.contains_key(at));
        if disabled || !said {
            continue;
        }
        let kind = match types::read(cell("type")) {
            Ok(kind) => kind,
            Err((why, next)) => {
                let why = if cell("type").is_empty() { "没有写题型。".into() } else { why };
                faults.add(Fault::at("survey", row, "type", why, next));
                // Whether a group began here cannot be known.
                whole &= !cell("type").to_lowercase().starts_with(['b', 'e']);
                continue;
            }
        };
        let base = |kind: Kind| item(row, kind, &columns, cells);
        match kind {
            Row::Begin(kind) => {
                let what = if kind == Kind::Group { "group" } else { "repeat" };
                open.push(Open { item: base(kind), what, over: None });
            }
            Row::Loop(list) => open.push(Open { item: base(Kind::Group), what: "loop", over: Some(list) }),
            Row::End(what) => match open.pop() {
                Some(group) if group.what == what => {
                    loops.extend(group.over.map(|list| (group.item.row, list)));
                    open.last_mut().map_or(&mut top, |o| &mut o.item.children).push(group.item);
                }
                Some(group) => {
                    let why = format!("end_{what} 与第 {} 行的 begin_{} 不成对。", group.item.row, group.what);
                    faults.add(Fault::at("survey", row, "type", why, "请检查题组的开始行和结束行。"));
                    return (top, false);
                }
                None => {
                    let why = format!("end_{what} 前面没有对应的 begin_{what}。");
                    faults.add(Fault::at("survey", row, "type", why, "请补上开始行，或删去本行。"));
                    return (top, false);
                }
            },
            Row::Question(kind) => {
                let mut new = base(kind);
                if new.name.is_empty() && new.kind == Kind::Note {
                    new.name = format!("generated_note_name_{row}");
                }
                open.last_mut().map_or(&mut top, |o| &mut o.item.children).push(new);
            }
            Row::Bounded(kind, constraint) => {
                let mut new = base(kind);
                if new.constraint.is_empty() {
                    new.constraint = constraint.into();
                }
                open.last_mut().map_or(&mut top, |o| &mut o.item.children).push(new);
            }
            Row::OrOther(kind) => {
                let asked = base(kind);
                let other = or_other(&asked, lists);
                open.last_mut().map_or(&mut top, |o| &mut o.item.children).extend([asked, other]);
            }
        }
        if open.len() > limits::GROUP_DEPTH {
            let why = format!("题组嵌套超过 {} 层。", limits::GROUP_DEPTH);
            faults.add(Fault::at("survey", row, "type", why, "请减少层次。"));
            return (top, false);
        }
    }
    for group in &open {
        let why = format!("begin_{} 没有对应的 end_{}。", group.what, group.what);
        faults.add(Fault::at("survey", group.item.row, "type", why, "请在题组末尾补上结束行。"));
        whole = false;
    }
    for (row, list) in loops {
        expand(&mut top, row, &list, lists, faults);
    }
    (top, whole)
}

/// Columns of no known meaning are named, with the likely one.
fn strange(columns: &[(usize, Column)], remarks: &mut Faults) {
    let known =
        ["relevant", "constraint", "required", "calculation", "appearance", "choice_filter", "repeat_count", "default"];
    for (_, column) in columns {
        let Column::Strange(heading) = column else { continue };
        let near = known.iter().find(|k| close(k, &heading.to_lowercase()));
        let next = near.map_or("如不需要可以不管。".into(), |n| format!("是否想写“{n}”？"));
        remarks.add(Fault::at("survey", 1, heading, "不认识这一列，没有读取。", next));
    }
}

fn item(
    row: usize,
    kind: Kind,
    columns: &[(usize, Column)],
    cells: &std::collections::BTreeMap<usize, String>,
) -> Item {
    let mut item = Item::new(row, "", kind, Text::default());
    for (at, column) in columns {
        let Some(text) = cells.get(at).cloned() else { continue };
        let Column::Ours(name, language) = column else {
            if let Column::Kept(heading) = column {
                item.extra.push((heading.clone(), text));
            }
            continue;
        };
        let spoken = |t: &mut Text| drop(t.0.insert(language.clone(), text.clone()));
        match *name {
            "name" => item.name = text,
            "label" => spoken(&mut item.label),
            "hint" => spoken(&mut item.hint),
            "constraint_message" => spoken(&mut item.constraint_message),
            "required_message" => spoken(&mut item.required_message),
            "required" => item.required = text,
            "relevant" => item.relevant = text,
            "constraint" => item.constraint = text,
            "calculation" => item.calculation = text,
            "default" => item.default = text,
            "read_only" => item.read_only = text,
            "choice_filter" => item.choice_filter = text,
            "repeat_count" => item.repeat_count = text,
            _ => {}
        }
    }
    item.extra.sort();
    item
}

/// The list gets the choice `other`; the question gets a line to say what.
fn or_other(asked: &Item, lists: &mut [List]) -> Item {
    let list = asked.kind.list().and_then(|name| lists.iter_mut().find(|l| l.name == name));
    if let Some(list) = list.filter(|l| l.choices.iter().all(|c| c.name != "other")) {
        let row = list.choices.last().map_or(asked.row, |c| c.row);
        list.choices.push(Choice { row, name: "other".into(), label: Text::plain("其他"), extra: vec![] });
    }
    let mut other = Item::new(asked.row, &format!("{}_other", asked.name), Kind::Text, Text::plain("请说明。"));
    other.relevant = format!("selected(${{{}}}, 'other')", asked.name);
    other
}

/// A loop becomes a group with one group for each choice, `%(name)s` and `%(label)s` replaced.
fn expand(items: &mut [Item], row: usize, list: &str, lists: &[List], faults: &mut Faults) {
    for item in items {
        if item.row != row || item.kind != Kind::Group {
            expand(&mut item.children, row, list, lists, faults);
            continue;
        }
        let Some(list) = lists.iter().find(|l| l.name == list) else {
            let why = format!("循环引用的选项表“{list}”不存在。");
            faults.add(Fault::at("survey", row, "type", why, "请在 choices 表补上。"));
            continue;
        };
        let size = count(&item.children).saturating_mul(list.choices.len());
        if size > limits::ITEMS {
            let why = format!("循环展开后超过 {} 道题。", limits::ITEMS);
            faults.add(Fault::at("survey", row, "type", why, "请减少选项或题目。"));
            continue;
        }
        let pattern = std::mem::take(&mut item.children);
        for choice in &list.choices {
            let mut group = Item::new(row, &choice.name, Kind::Group, choice.label.clone());
            group.children.clone_from(&pattern);
            group.children.iter_mut().for_each(|c| replace(c, choice));
            item.children.push(group);
        }
    }
}

fn count(items: &[Item]) -> usize {
    items.iter().map(|i| 1 + count(&i.children)).sum()
}

fn replace(item: &mut Item, choice: &Choice) {
    let change = |text: &mut String, language: &str| {
        if text.contains("%(") {
            *text = text.replace("%(name)s", &choice.name).replace("%(label)s", choice.label.get(language));
        }
    };
    for text in [&mut item.label, &mut item.hint, &mut item.constraint_message, &mut item.required_message] {
        text.0.iter_mut().for_each(|(language, t)| change(t, language));
    }
    for text in [&mut item.relevant, &mut item.constraint, &mut item.calculation, &mut item.default, &mut item.name] {
        change(text, "");
    }
    item.children.iter_mut().for_each(|c| replace(c, choice));
}
