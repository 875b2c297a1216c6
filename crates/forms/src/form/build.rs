//! The tree of items as a list of nodes, with what can be said of each alone.

use super::{Form, Node};
use crate::expr::types::Type;
use crate::fault::{Fault, Faults};
use crate::limits;
use crate::model::{Definition, Item, Kind};
use std::collections::{HashMap, HashSet};

/// Is this a name that expressions can use: a letter or `_`, then letters, digits, `_`, `-`, `.`?
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && name.chars().count() <= limits::NAME_CHARS
}

pub(super) fn nodes(definition: Definition, faults: &mut Faults) -> Form {
    let mut form =
        Form { nodes: vec![], names: HashMap::new(), choices: vec![], columns: vec![], order: vec![], definition };
    if form.definition.languages().len() > limits::LANGUAGES {
        faults.add(Fault::of_file(format!("语种超过 {} 种。", limits::LANGUAGES), "请删去不用的语种。"));
    }
    lists(&mut form, faults);
    let items = std::mem::take(&mut form.definition.items);
    level(&mut form, &items, None, 1, faults);
    form.definition.items = items;
    if form.nodes.is_empty() && faults.is_empty() {
        faults.add(Fault::at("survey", 0, "", "问卷里没有题目。", "请至少写一道题。"));
    }
    form
}

fn lists(form: &mut Form, faults: &mut Faults) {
    let settings = &form.definition.settings;
    let all: usize = form.definition.lists.iter().map(|l| l.choices.len()).sum();
    if all > limits::CHOICES {
        faults.add(Fault::at("choices", 0, "", format!("选项超过 {} 个。", limits::CHOICES), "请精简选项。"));
    }
    let mut seen = HashSet::new();
    for list in &form.definition.lists {
        let mut names = vec![];
        let mut columns = vec!["name".to_string(), "label".to_string()];
        if !seen.insert(&list.name) {
            let row = list.choices.first().map_or(0, |c| c.row);
            let why = format!("选项表“{}”出现了两次。", list.name);
            faults.add(Fault::at("choices", row, "list_name", why, "请合并或改名。"));
        }
        let mut there = HashSet::new();
        for choice in &list.choices {
            let bad = if choice.name.is_empty() {
                Some(("选项没有名称。".to_string(), "请在 name 列填写名称。"))
            } else if choice.name.chars().any(char::is_whitespace) {
                Some((format!("选项名“{}”里有空格。", choice.name), "请删去空格，或改成下划线。"))
            } else if choice.name.chars().count() > limits::NAME_CHARS {
                Some((format!("选项名超过 {} 个字符。", limits::NAME_CHARS), "请缩短名称，文字写在 label 列。"))
            } else if !there.insert(&choice.name) && !settings.duplicate_choices {
                Some((
                    format!("选项表“{}”里“{}”出现了两次。", list.name, choice.name),
                    "请改名；确需同名时，在 settings 表写 allow_choice_duplicates = yes。",
                ))
            } else {
                None
            };
            if let Some((why, next)) = bad {
                faults.add(Fault::at("choices", choice.row, "name", why, next));
            }
            names.push(choice.name.clone());
            for (column, _) in &choice.extra {
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
        }
        form.choices.push(names);
        form.columns.push(columns);
    }
}

fn level(form: &mut Form, items: &[Item], parent: Option<usize>, depth: usize, faults: &mut Faults) {
    let mut seen = HashSet::new();
    for item in items {
        let fault = |column: &str, why: String, next: &str| Fault::at("survey", item.row, column, why, next);
        if form.nodes.len() >= limits::ITEMS {
            let why = format!("题目超过 {} 道。", limits::ITEMS);
            return faults.add(fault("", why, "请拆成几份问卷。"));
        }
        if depth > limits::GROUP_DEPTH {
            let why = format!("题组嵌套超过 {} 层。", limits::GROUP_DEPTH);
            return faults.add(fault("type", why, "请减少层次。"));
        }
        if item.name.is_empty() {
            faults.add(fault("name", "没有题目名。".into(), "请在 name 列填写名称。"));
        } else if !is_name(&item.name) {
            let why = format!("题目名“{}”不能用。", item.name.chars().take(80).collect::<String>());
            let next = "名称以字母、汉字或下划线开头，不含空格和其他符号，最长 64 个字符。";
            faults.add(fault("name", why, next));
        } else if !seen.insert(item.name.clone()) {
            faults.add(fault("name", format!("题目名“{}”重复。", item.name), "同一题组里的名称不能相同，请改名。"));
        }
        single(item, faults);
        let list = item.kind.list().and_then(|name| {
            let found = form.definition.lists.iter().position(|l| l.name == name);
            match found {
                None => {
                    let have: Vec<&str> = form.definition.lists.iter().map(|l| l.name.as_str()).take(10).collect();
                    let next = match have.is_empty() {
                        true => "choices 表里没有任何选项，请补上。".to_string(),
                        false => format!("请在 choices 表补上；现有：{}。", have.join("、")),
                    };
                    faults.add(fault("type", format!("没有名为“{name}”的选项表。"), &next));
                }
                Some(i) if form.definition.lists[i].choices.is_empty() => {
                    faults.add(fault("type", format!("选项表“{name}”是空的。"), "请在 choices 表补上选项。"));
                }
                Some(_) => {}
            }
            found
        });
        let mut repeats = vec![];
        let mut path = String::new();
        if let Some(above) = parent.and_then(|p| form.nodes.get(p)) {
            repeats.clone_from(&above.repeats);
            if above.item.kind == Kind::Repeat {
                repeats.extend(parent);
            }
            path = format!("{}/", above.path);
        }
        path += &item.name;
        let index = form.nodes.len();
        let alone = Item { children: vec![], ..shallow(item) };
        form.names.entry(item.name.clone()).or_default().push(index);
        form.nodes.push(Node {
            is: kind_type(&item.kind),
            item: alone,
            path,
            parent,
            children: vec![],
            repeats,
            list,
            relevant: None,
            required: None,
            constraint: None,
            calculation: None,
            default: None,
            read_only: None,
            choice_filter: None,
            repeat_count: None,
        });
        if let Some(p) = parent {
            form.nodes[p].children.push(index);
        }
        level(form, &item.children, Some(index), depth + 1, faults);
    }
}

/// The item without what stands under it.
fn shallow(item: &Item) -> Item {
    Item {
        label: item.label.clone(),
        hint: item.hint.clone(),
        required: item.required.clone(),
        required_message: item.required_message.clone(),
        relevant: item.relevant.clone(),
        constraint: item.constraint.clone(),
        constraint_message: item.constraint_message.clone(),
        calculation: item.calculation.clone(),
        default: item.default.clone(),
        read_only: item.read_only.clone(),
        choice_filter: item.choice_filter.clone(),
        repeat_count: item.repeat_count.clone(),
        extra: item.extra.clone(),
        ..Item::new(item.row, &item.name, item.kind.clone(), Default::default())
    }
}

/// What is wrong with an item whatever stands around it.
fn single(item: &Item, faults: &mut Faults) {
    let mut add = |column: &str, why: &str, next: &str| faults.add(Fault::at("survey", item.row, column, why, next));
    let pictured = item.extra.iter().any(|(c, v)| {
        !v.is_empty() && ["image", "big-image", "audio", "video"].iter().any(|m| c.split(':').any(|part| part == *m))
    });
    let shown = item.kind.is_asked() || item.kind == Kind::Note;
    if shown && item.label.is_empty() && item.hint.is_empty() && !pictured && item.calculation.is_empty() {
        add("label", "没有题目文字。", "请在 label 列填写。");
    }
    if item.kind == Kind::Calculate && item.calculation.is_empty() && item.default.is_empty() {
        add("calculation", "计算题没有写计算式。", "请在 calculation 列填写。");
    }
    if !item.choice_filter.is_empty() && item.kind.list().is_none() {
        add("choice_filter", "只有选择题可以筛选选项。", "请删去，或改成选择题。");
    }
    if !item.repeat_count.is_empty() && item.kind != Kind::Repeat {
        add("repeat_count", "只有重复题组可以写轮数。", "请删去，或写在 begin_repeat 一行。");
    }
    if item.kind.is_group() && !(item.constraint.is_empty() && item.calculation.is_empty() && item.default.is_empty()) {
        add("type", "题组没有答案，不能写约束、计算或默认值。", "请写在题组里的题目上。");
    }
    if !item.kind.is_group() && !item.children.is_empty() {
        add("type", "只有题组里可以放题目。", "请改成题组。");
    }
}

fn kind_type(kind: &Kind) -> Type {
    match kind {
        Kind::Integer | Kind::Decimal => Type::Number,
        Kind::Date => Type::Date,
        Kind::Time => Type::Time,
        Kind::DateTime => Type::Moment,
        Kind::SelectOne(_) | Kind::SelectMultiple(_) => Type::Choice,
        Kind::Calculate | Kind::Hidden => Type::Any,
        Kind::Meta(m) if m == "today" => Type::Date,
        Kind::Meta(m) if m == "start" || m == "end" => Type::Moment,
        _ => Type::Text,
    }
}
