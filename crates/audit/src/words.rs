//! 操作和对象的词: the codes of the chain in words (`words.toml`). A code of an older version that has none is shown
//! as it stands.

use std::collections::BTreeMap;
use std::sync::LazyLock;

type Words = BTreeMap<String, BTreeMap<String, String>>;

/// The name of the table of kinds, and the key that holds the first word of a domain.
const KINDS: &str = "kinds";
const NAME: &str = "name";

static WORDS: LazyLock<Words> = LazyLock::new(|| toml::from_str(include_str!("../words.toml")).unwrap_or_default());

/// The actions of one domain, for a list to choose from.
pub struct Group {
    /// `incidents.`: all actions of the domain.
    pub code: String,
    pub name: &'static str,
    /// Code and word.
    pub actions: Vec<(String, &'static str)>,
}

/// An action in words (`警情：派警`), or nothing where the table does not know the code.
pub fn known(code: &str) -> Option<String> {
    let (domain, action) = code.split_once('.')?;
    let words = WORDS.get(domain).filter(|_| domain != KINDS)?;
    let name = words.get(NAME)?;
    match action {
        "" => Some(format!("{name}：全部")),
        NAME => None,
        _ => words.get(action).map(|word| format!("{name}：{word}")),
    }
}

/// An action in words, or the code itself.
pub fn action(code: &str) -> String {
    known(code).unwrap_or_else(|| code.to_string())
}

/// What kind of record, or the code itself.
pub fn kind(code: &str) -> &str {
    WORDS.get(KINDS).and_then(|k| k.get(code)).map_or(code, String::as_str)
}

/// All kinds: code and word.
pub fn kinds() -> Vec<(&'static str, &'static str)> {
    WORDS.get(KINDS).into_iter().flatten().map(|(code, word)| (code.as_str(), word.as_str())).collect()
}

/// All actions by domain.
pub fn groups() -> Vec<Group> {
    let one = |(domain, words): (&'static String, &'static BTreeMap<String, String>)| Group {
        code: format!("{domain}."),
        name: words.get(NAME).map_or("", String::as_str),
        actions: words.iter().filter(|(a, _)| *a != NAME).map(|(a, w)| (format!("{domain}.{a}"), w.as_str())).collect(),
    };
    WORDS.iter().filter(|(domain, _)| *domain != KINDS).map(one).collect()
}
