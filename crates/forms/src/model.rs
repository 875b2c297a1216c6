//! What a questionnaire says, as plain data.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text in several languages (多语种文字). The key is the language as the workbook names it; "" where it names none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub BTreeMap<String, String>);

impl Text {
    /// A text without a language.
    pub fn plain(text: impl Into<String>) -> Text {
        Text(BTreeMap::from([(String::new(), text.into())]))
    }

    /// In the wanted language, else without language, else in the first language that has one, else "".
    pub fn get(&self, language: &str) -> &str {
        let found = self.0.get(language).filter(|t| !t.is_empty()).or_else(|| self.0.get("").filter(|t| !t.is_empty()));
        found.or_else(|| self.0.values().find(|t| !t.is_empty())).map_or("", String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.values().all(String::is_empty)
    }
}

/// What a page cannot take but a telephone's program can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Media {
    Image,
    Audio,
    Video,
    File,
}

/// Kind of a question (题型).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// 题组
    Group,
    /// 重复题组: asked once for each round
    Repeat,
    /// 填空
    Text,
    /// 整数
    Integer,
    /// 小数
    Decimal,
    /// 日期
    Date,
    /// 时间
    Time,
    /// 日期和时间
    DateTime,
    /// 单选, from a list
    SelectOne(String),
    /// 多选, from a list
    SelectMultiple(String),
    /// 说明文字: nothing is asked
    Note,
    /// 确认: a tick
    Acknowledge,
    /// 计算: never shown
    Calculate,
    /// 位置: latitude, longitude, and where known altitude and accuracy
    Geopoint,
    /// 条码
    Barcode,
    /// 照片、录音、录像、文件
    Media(Media),
    /// A field that holds its default.
    Hidden,
    /// What a device knows by itself, by the workbook's word: `start`, `end`, `today`, `deviceid`, `username` …
    Meta(String),
}

impl Kind {
    /// Holds other items.
    pub fn is_group(&self) -> bool {
        matches!(self, Kind::Group | Kind::Repeat)
    }

    /// Somebody answers it.
    pub fn is_asked(&self) -> bool {
        !self.is_group() && !matches!(self, Kind::Note | Kind::Calculate | Kind::Hidden | Kind::Meta(_))
    }

    /// The list of a choice.
    pub fn list(&self) -> Option<&str> {
        match self {
            Kind::SelectOne(list) | Kind::SelectMultiple(list) => Some(list),
            _ => None,
        }
    }
}

/// One line of a questionnaire with what stands under it. Empty text means: not said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Where it stood in the sheet or in the builder, for faults.
    pub row: usize,
    pub name: String,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub label: Text,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub hint: Text,
    /// `yes`, `no` or an expression.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub required: String,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub required_message: Text,
    /// Asked only where this holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub relevant: String,
    /// What an answer must satisfy; `.` is the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub constraint: String,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub constraint_message: Text,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub calculation: String,
    /// A fixed first value, or an expression.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub read_only: String,
    /// Which choices are offered; bare names are columns of the choices.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub choice_filter: String,
    /// How many rounds a repeat has; otherwise who answers says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repeat_count: String,
    /// Columns that are kept and written back but mean nothing here (appearance, pictures, …), in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Item>,
}

impl Item {
    /// A question with a label and nothing else.
    pub fn new(row: usize, name: &str, kind: Kind, label: Text) -> Item {
        Item {
            row,
            name: name.into(),
            kind,
            label,
            hint: Text::default(),
            required: String::new(),
            required_message: Text::default(),
            relevant: String::new(),
            constraint: String::new(),
            constraint_message: Text::default(),
            calculation: String::new(),
            default: String::new(),
            read_only: String::new(),
            choice_filter: String::new(),
            repeat_count: String::new(),
            extra: vec![],
            children: vec![],
        }
    }
}

/// One choice of a list (选项).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub row: usize,
    pub name: String,
    pub label: Text,
    /// Further columns, for filters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
}

/// A list of choices (选项表).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    pub name: String,
    pub choices: Vec<Choice>,
}

/// What holds for the whole questionnaire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub title: String,
    /// The form's own id.
    pub id: String,
    pub version: String,
    pub default_language: String,
    /// Several choices of a list may have one name (filters tell them apart).
    pub duplicate_choices: bool,
    /// Other settings, kept and written back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
}

/// A questionnaire as data (问卷).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub settings: Settings,
    pub items: Vec<Item>,
    pub lists: Vec<List>,
}

impl Definition {
    /// Languages in which something is said, without the unnamed one.
    pub fn languages(&self) -> Vec<String> {
        let mut found = std::collections::BTreeSet::new();
        let mut stack: Vec<&Item> = self.items.iter().collect();
        while let Some(item) = stack.pop() {
            for text in [&item.label, &item.hint, &item.required_message, &item.constraint_message] {
                found.extend(text.0.keys());
            }
            stack.extend(&item.children);
        }
        found.extend(self.lists.iter().flat_map(|l| &l.choices).flat_map(|c| c.label.0.keys()));
        found.into_iter().filter(|l| !l.is_empty()).cloned().collect()
    }

    /// The same with the rows that [`crate::xlsform::write`] gives.
    pub fn renumbered(&self) -> Definition {
        fn number(items: &mut [Item], row: &mut usize) {
            for item in items {
                item.row = *row;
                *row += 1;
                if item.kind.is_group() {
                    number(&mut item.children, row);
                    *row += 1;
                }
            }
        }
        let mut new = self.clone();
        number(&mut new.items, &mut 2);
        for (i, choice) in new.lists.iter_mut().flat_map(|l| &mut l.choices).enumerate() {
            choice.row = i + 2;
        }
        new
    }

    /// The choices of a list.
    pub fn list(&self, name: &str) -> Option<&List> {
        self.lists.iter().find(|l| l.name == name)
    }
}
