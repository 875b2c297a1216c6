//! Forms: what was typed is kept whatever happens, and read into values field by field.
//!
//! A form is read from `application/x-www-form-urlencoded` or `multipart/form-data` (with files).
//! Errors are collected per field, so that one answer names all of them.

use axum::extract::{FromRequest, Multipart, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::future::BoxFuture;
use kernel::{CommandId, Date, Error, FieldErrors, Timestamp, Uuid, text};
use sha2::{Digest, Sha256};

/// A file as it came; nothing about it is trusted.
#[derive(Clone, Debug)]
pub struct Upload {
    pub field: String,
    pub file_name: String,
    pub bytes: Bytes,
}

/// A posted form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    pub uploads: Vec<Upload>,
    pub errors: FieldErrors,
    /// Digest of what was sent besides the command id; none where the form was not sent.
    sent: Option<[u8; 32]>,
}

/// Fields in one form at most.
const MAX_FIELDS: usize = 600;
/// Characters in one field at most; longer text is cut and reported.
const MAX_CHARS: usize = 60_000;
/// Files in one form at most.
const MAX_FILES: usize = 9;

impl Form {
    /// From pairs, for tests and for filling a form with a record's values.
    pub fn of<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Form {
        Form { fields: pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect(), ..Default::default() }
    }

    /// As it would be after these fields were sent.
    pub fn sent<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Form {
        let mut form = Form::of(pairs);
        form.sent = Some(form.digest());
        form
    }

    /// What was typed, exactly, for showing the form again; "" when absent.
    pub fn typed(&self, field: &str) -> &str {
        self.fields.iter().find(|(k, _)| k == field).map_or("", |(_, v)| v)
    }

    /// All values of a field that may stand several times (check boxes).
    pub fn every(&self, field: &str) -> Vec<String> {
        self.fields.iter().filter(|(k, v)| k == field && !v.trim().is_empty()).map(|(_, v)| text::clean(v)).collect()
    }

    /// Whether `value` is among the values of `field`; templates use it for `checked`/`selected`.
    pub fn has(&self, field: &str, value: &str) -> bool {
        self.fields.iter().any(|(k, v)| k == field && v == value)
    }

    pub fn set(&mut self, field: &str, value: impl Into<String>) {
        self.fields.retain(|(k, _)| k != field);
        self.fields.push((field.into(), value.into()));
    }

    /// One more value of a field that may stand several times; one already there is not doubled.
    pub fn add(&mut self, field: &str, value: impl Into<String>) {
        let value = value.into();
        if !self.has(field, &value) {
            self.fields.push((field.into(), value));
        }
    }

    /// Cleaned text, possibly empty.
    pub fn text(&self, field: &str) -> String {
        text::clean(self.typed(field))
    }

    /// Cleaned text or `None` when empty.
    pub fn optional(&self, field: &str) -> Option<String> {
        Some(self.text(field)).filter(|t| !t.is_empty())
    }

    /// Cleaned text of 1 to `max` characters; else an error under the field.
    pub fn required(&mut self, field: &str, label: &str, max: usize) -> String {
        let value = self.text(field);
        if value.is_empty() {
            self.errors.add(field, format!("请填写{label}。"));
        } else if value.chars().count() > max {
            self.errors.add(field, format!("{label}最多 {max} 字，现有 {} 字。", value.chars().count()));
        }
        value
    }

    /// Cleaned text of at most `max` characters.
    pub fn bounded(&mut self, field: &str, label: &str, max: usize) -> String {
        let value = self.text(field);
        if value.chars().count() > max {
            self.errors.add(field, format!("{label}最多 {max} 字，现有 {} 字。", value.chars().count()));
        }
        value
    }

    /// Yes when a check box is ticked or `yes`/`1`/`true`/`on` was sent.
    pub fn yes(&self, field: &str) -> bool {
        matches!(self.typed(field), "1" | "yes" | "true" | "on")
    }

    /// A typed id that must be there.
    pub fn id<T: From<Uuid>>(&mut self, field: &str, label: &str) -> T {
        match self.typed(field).trim().parse::<Uuid>() {
            Ok(id) => T::from(id),
            Err(_) => {
                self.errors.add(field, format!("请选择{label}。"));
                T::from(Uuid::nil())
            }
        }
    }

    pub fn optional_id<T: From<Uuid>>(&self, field: &str) -> Option<T> {
        self.typed(field).trim().parse::<Uuid>().ok().map(T::from)
    }

    /// A whole number in `range`.
    pub fn number(&mut self, field: &str, label: &str, range: std::ops::RangeInclusive<i64>) -> i64 {
        match text::fold(self.typed(field)).trim().parse::<i64>() {
            Ok(n) if range.contains(&n) => n,
            _ => {
                self.errors.add(field, format!("{label}应为 {} 到 {} 之间的整数。", range.start(), range.end()));
                *range.start()
            }
        }
    }

    /// A day as `YYYY-MM-DD` (also `2026/5/8` and `2026年5月8日`).
    pub fn date(&mut self, field: &str, label: &str) -> Date {
        match self.optional_date(field, label) {
            Some(d) => d,
            None => {
                if self.errors.of(field).is_empty() {
                    self.errors.add(field, format!("请填写{label}，例如 2026-05-08。"));
                }
                Date::ZERO
            }
        }
    }

    /// A day or nothing; an unreadable one is an error under the field.
    pub fn optional_date(&mut self, field: &str, label: &str) -> Option<Date> {
        let typed = self.text(field);
        if typed.is_empty() {
            return None;
        }
        let parsed = parse_date(&typed);
        if parsed.is_none() {
            self.errors.add(field, format!("{label}“{}”不是有效日期，请写成 2026-05-08。", text::cut(&typed, 20)));
        }
        parsed
    }

    /// A moment in Chinese time as sent by `datetime-local` (`2026-05-08T21:30`), or nothing.
    pub fn optional_moment(&mut self, field: &str, label: &str) -> Option<Timestamp> {
        let typed = self.text(field);
        if typed.is_empty() {
            return None;
        }
        let parsed = parse_moment(&typed);
        if parsed.is_none() {
            self.errors
                .add(field, format!("{label}“{}”不是有效时间，请写成 2026-05-08 21:30。", text::cut(&typed, 20)));
        }
        parsed
    }

    /// A moment that must be there.
    pub fn moment(&mut self, field: &str, label: &str) -> Timestamp {
        self.optional_moment(field, label).unwrap_or_else(|| {
            if self.errors.of(field).is_empty() {
                self.errors.add(field, format!("请填写{label}，例如 2026-05-08 21:30。"));
            }
            Timestamp::UNIX_EPOCH
        })
    }

    /// The command id that the page made, with what was sent: the same post again is the same command, the same page
    /// with something else in it (back, changed, sent) is another one and is not taken for a repetition. An absent or
    /// broken id is replaced by `fresh`, which loses only the protection against repetition.
    pub fn command(&self, fresh: CommandId) -> CommandId {
        let Ok(made) = self.typed("command_id").trim().parse::<Uuid>() else { return fresh };
        let Some(sent) = self.sent else { return CommandId(made) };
        // The time in the first six bytes stays, so that commands stand in the order of their time.
        let mut bytes = *made.as_bytes();
        let mix = Sha256::new().chain_update(made.as_bytes()).chain_update(sent).finalize();
        bytes[6..].copy_from_slice(&mix[..10]);
        CommandId(Uuid::from_bytes(bytes))
    }

    /// Digest of all fields but the command id, and of the files.
    fn digest(&self) -> [u8; 32] {
        let mut all = Sha256::new();
        let mut add = |part: &[u8]| {
            all.update((part.len() as u64).to_le_bytes());
            all.update(part);
        };
        for (name, value) in self.fields.iter().filter(|(name, _)| name != "command_id") {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        for file in &self.uploads {
            add(file.field.as_bytes());
            add(file.file_name.as_bytes());
            add(&file.bytes);
        }
        all.finalize().into()
    }

    /// Ends reading: `Ok(value)` when no field was wrong.
    pub fn finish<T>(&self, value: T) -> kernel::Result<T> {
        self.errors.clone().ok(value)
    }

    /// The files of one field.
    pub fn files(&self, field: &str) -> Vec<&Upload> {
        self.uploads.iter().filter(|u| u.field == field && !u.bytes.is_empty()).collect()
    }
}

/// `2026-05-08`, `2026/5/8`, `2026.5.8`, `2026年5月8日`, full-width digits allowed.
pub fn parse_date(typed: &str) -> Option<Date> {
    let folded = text::fold(typed).replace(['年', '月', '/', '.'], "-").replace('日', "");
    let mut parts = folded.trim().split('-').map(str::trim);
    let (y, m, d) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    if parts.next().is_some() || !(1900..=2200).contains(&y) {
        return None;
    }
    Date::new(y, m, d).ok()
}

/// A date and `HH:MM[:SS]` in Chinese time.
pub fn parse_moment(typed: &str) -> Option<Timestamp> {
    let folded = text::fold(typed).replace('t', " ");
    let (day, time) = folded.trim().split_once(' ')?;
    let day = parse_date(day)?;
    let mut hms = time.trim().split(':');
    let (h, m): (i8, i8) = (hms.next()?.parse().ok()?, hms.next()?.parse().ok()?);
    let s: i8 = hms.next().map_or(Some(0), |s| s.parse().ok())?;
    if !(0..24).contains(&h) || !(0..60).contains(&m) || !(0..60).contains(&s) {
        return None;
    }
    day.at(h, m, s, 0).to_zoned_datetime(kernel::clock::zone()).ok().map(|z| z.timestamp())
}

fn broken(what: &str) -> Response {
    crate::Failure(Error::TooLarge(format!(
        "提交的内容没有收全（一次最多 {} MB）：{what}。请减少附件后重新提交，已填写的文字会保留在本页。",
        crate::router::MAX_BODY >> 20
    )))
    .into_response()
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(req: Request, _: &S) -> Result<Form, Response> {
        read(req).await
    }
}

/// Boxed, so that the multipart parser is compiled here and not for every form of every domain (0018).
fn read(req: Request) -> BoxFuture<'static, Result<Form, Response>> {
    Box::pin(async move {
        let kind = req.headers().get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let mut form = Form::default();
        if kind.starts_with("multipart/form-data") {
            let mut parts = Multipart::from_request(req, &()).await.map_err(|e| broken(&e.body_text()))?;
            while let Some(part) = parts.next_field().await.map_err(|e| broken(&e.body_text()))? {
                let name = part.name().unwrap_or("").to_string();
                let file_name = part.file_name().map(str::to_string);
                let bytes = part.bytes().await.map_err(|e| broken(&e.body_text()))?;
                match file_name {
                    Some(file_name) if !bytes.is_empty() => {
                        if form.uploads.len() >= MAX_FILES {
                            return Err(broken(&format!("一次最多上传 {MAX_FILES} 个文件")));
                        }
                        let file_name = text::cut(&text::clean(&file_name), 120);
                        form.uploads.push(Upload { field: name, file_name, bytes });
                    }
                    // A browser sends a nameless, empty part for a field without a file.
                    Some(file_name) if !file_name.trim().is_empty() => {
                        let file_name = text::cut(&text::clean(&file_name), 120);
                        form.errors.add(name, format!("文件“{file_name}”是空的（0 字节），请检查后重新选择。"));
                    }
                    Some(_) => {}
                    None => form.push(name, String::from_utf8_lossy(&bytes).into_owned()),
                }
            }
        } else {
            let bytes = Bytes::from_request(req, &()).await.map_err(|e| broken(&e.body_text()))?;
            let pairs: Vec<(String, String)> =
                serde_urlencoded::from_bytes(&bytes).map_err(|e| broken(&e.to_string()))?;
            for (k, v) in pairs {
                form.push(k, v);
            }
        }
        if form.fields.len() > MAX_FIELDS {
            return Err(broken("字段太多"));
        }
        form.sent = Some(form.digest());
        Ok(form)
    })
}

impl Form {
    fn push(&mut self, name: String, value: String) {
        if value.chars().count() > MAX_CHARS {
            self.errors.add(name.clone(), format!("内容超过 {MAX_CHARS} 字，请精简或作为附件上传。"));
        }
        if self.fields.len() <= MAX_FIELDS {
            self.fields.push((name, value.chars().take(MAX_CHARS).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        for typed in ["2026-05-08", "2026/5/8", "２０２６年５月８日", "2026.05.08"] {
            assert_eq!(parse_date(typed).unwrap().to_string(), "2026-05-08", "{typed}");
        }
        for typed in ["2026-13-01", "2026-02-30", "26-5-8", "五月八日", ""] {
            assert!(parse_date(typed).is_none(), "{typed}");
        }
        assert_eq!(parse_moment("2026-05-08T21:30").unwrap().to_string(), "2026-05-08T13:30:00Z");
        assert!(parse_moment("2026-05-08 25:00").is_none());
    }

    #[test]
    fn errors_name_field_and_rule_and_keep_what_was_typed() {
        let mut f = Form::of([("title", "  "), ("day", "2026-02-30"), ("n", "9")]);
        f.required("title", "标题", 10);
        f.date("day", "日期");
        f.number("n", "层", 1..=6);
        assert_eq!(f.errors.0.len(), 3);
        assert_eq!(f.typed("day"), "2026-02-30");
        assert!(f.finish(()).is_err());
    }
}
