//! One error type for the whole house, and where each kind goes. Every kind but `Internal` rests on a rule ([`crate::ground`])
//! that the page, the command line and the JSON answer name with its source.
//!
//! | variant | the person sees | HTTP |
//! |---|---|---|
//! | `NotFound` | "没有找到…" and where to look | 404 |
//! | `SignedOut` | the login page, what was typed is kept | 401 |
//! | `Forbidden` | which right is missing and who can grant it | 403 |
//! | `Invalid` | the form again, each field with its rule | 422 |
//! | `Refused` | what, which rule and its source, what to do next | 422; 429 when it came too often |
//! | `Conflict` | both values, a person picks | 409 |
//! | `TooLarge` | the bound and how to get below it | 413 |
//! | `Busy` | try again in a moment | 503 |
//! | `Full` | the server's disk is full, whom to tell | 507 |
//! | `Internal` | a code to quote; the cause goes to the log only | 500 |

use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The rule behind a refusal: what it is called and where it stands (law and article, or 本地规则).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRef {
    pub name: String,
    pub source: String,
}

/// A refusal by rule: what was refused, by which rule, and the way on. The rule is the one of its key ([`crate::ground`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A stable short name for tests and logs, such as `mediation.no_violation`; it stands in `grounds.toml` under its rule.
    pub key: &'static str,
    /// What is not possible, in one Chinese sentence.
    pub what: String,
    pub rule: RuleRef,
    /// What the person can do instead, in one Chinese sentence.
    pub next: String,
}

impl Refusal {
    pub fn new(key: &'static str, what: impl Into<String>, next: impl Into<String>) -> Refusal {
        Refusal { key, what: what.into(), rule: crate::ground::of(key).rule(), next: next.into() }
    }

    /// The source as the rule pack has it on `on`; for rules that the table ties to the pack.
    pub fn in_force(mut self, rules: &crate::rules::RuleSet, on: crate::Date) -> Refusal {
        if let Some(rule) = crate::ground::of(self.key).pack.as_deref().and_then(|pack| rules.rule(pack, on).ok()) {
            self.rule.source = rule.source.clone();
        }
        self
    }

    /// The source of the very item (an entry of a list, a level), where it is closer than the rule's own; "" changes nothing.
    pub fn citing(mut self, source: impl Into<String>) -> Refusal {
        let source = source.into();
        if !source.is_empty() {
            self.rule.source = source;
        }
        self
    }

    /// Whether it is refused only because it came too often: the same is possible later (HTTP 429).
    pub fn is_pace(&self) -> bool {
        crate::ground::of(self.key).pace
    }

    /// Where the rule can be read, on the page of rules.
    pub fn place(&self) -> String {
        format!("{}#{}", crate::ground::PAGE, crate::ground::of(self.key).anchor)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}依据：{}（{}）。{}", self.what, self.rule.name, self.rule.source, self.next)
    }
}

/// What is wrong with a form, field by field, each as a Chinese sentence that names the rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<(String, String)>);

impl FieldErrors {
    pub fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.push((field.into(), sentence.into()));
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The sentence for `field`, or "" when it is fine; templates print it under the field.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(f, _)| f == field).map_or("", |(_, s)| s)
    }
    /// `Ok(value)` when nothing was wrong, else [`Error::Invalid`].
    pub fn ok<T>(self, value: T) -> Result<T> {
        if self.is_empty() { Ok(value) } else { Err(Error::Invalid(self)) }
    }
    pub fn one(field: &str, sentence: impl Into<String>) -> Error {
        Error::Invalid(FieldErrors(vec![(field.into(), sentence.into())]))
    }
}

/// Two people changed one record: what was typed and what stands now, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    pub field: String,
    pub label: String,
    pub mine: String,
    pub theirs: String,
}

#[derive(Debug)]
pub enum Error {
    /// The Chinese noun of what was looked for.
    NotFound(&'static str),
    SignedOut,
    /// Which right is missing, in one Chinese sentence; what follows it is the way on.
    Forbidden(String),
    Invalid(FieldErrors),
    Refused(Box<Refusal>),
    Conflict(Vec<Clash>),
    /// The bound, in one Chinese sentence; what follows it is the way on.
    TooLarge(String),
    /// As [`Error::TooLarge`].
    Busy(String),
    /// The disk under the database is full; nothing was kept, reading goes on.
    Full,
    /// Cause for the operator's log; never shown to a user.
    Internal(String),
}

impl Error {
    pub fn internal(cause: impl fmt::Display) -> Error {
        Error::Internal(cause.to_string())
    }
    /// The rule that it rests on, by its key; every refusal names one, whatever its kind.
    pub fn rule(&self) -> RuleRef {
        match self {
            Error::Refused(r) => r.rule.clone(),
            other => crate::ground::of(other.key()).rule(),
        }
    }
    /// The refusal's or error's stable key, for tests and logs.
    pub fn key(&self) -> &str {
        match self {
            Error::NotFound(_) => "not_found",
            Error::SignedOut => "signed_out",
            Error::Forbidden(_) => "forbidden",
            Error::Invalid(_) => "invalid",
            Error::Refused(r) => r.key,
            Error::Conflict(_) => "conflict",
            Error::TooLarge(_) => "too_large",
            Error::Busy(_) => "busy",
            Error::Full => "disk_full",
            Error::Internal(_) => "internal",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound(what) => write!(f, "没有找到{what}"),
            Error::SignedOut => f.write_str("登录已失效，请重新登录"),
            Error::Forbidden(why) => f.write_str(why),
            Error::Invalid(fields) => {
                for (i, (field, sentence)) in fields.0.iter().enumerate() {
                    write!(f, "{}{field}：{sentence}", if i > 0 { "；" } else { "" })?;
                }
                Ok(())
            }
            Error::Refused(r) => write!(f, "{r}"),
            Error::Conflict(c) => write!(f, "有 {} 处内容已被他人修改", c.len()),
            Error::TooLarge(why) | Error::Busy(why) => f.write_str(why),
            Error::Full => f.write_str("服务器磁盘已满，没有保存；请联系系统管理员清理磁盘后重试"),
            Error::Internal(cause) => write!(f, "internal: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(r: Refusal) -> Error {
        Error::Refused(Box::new(r))
    }
}

impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Error {
        match e {
            sqlx::Error::PoolTimedOut => Error::Busy("系统正忙，请稍后再试。".into()),
            // PostgreSQL's disk_full.
            sqlx::Error::Database(e) if e.code().as_deref() == Some("53100") => Error::Full,
            // deadlock_detected: two waited for each other, and PostgreSQL gave this one up.
            sqlx::Error::Database(e) if e.code().as_deref() == Some("40P01") => Error::Busy("有人同时在办同样的内容，这次没有保存；请再提交一次，已填写的内容不会丢失。".into()),
            other => Error::internal(format!("database: {other}")),
        }
    }
}

impl From<vault::VaultError> for Error {
    fn from(e: vault::VaultError) -> Error {
        Error::internal(format!("vault: {e}"))
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Error {
        Error::internal(format!("json: {e}"))
    }
}
