//! One error type. `Display` is a Chinese sentence for the person at the desk; [`DocumentError::detail`] is for
//! the log and may name template lines.

/// Why no PDF was made.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The data passes one of the [`crate::limits`] before layout.
    #[error("要打印的{what}为 {found}，超过上限 {limit}。请减少内容，或分成几份打印。")]
    TooLarge { what: &'static str, found: u64, limit: u64 },
    /// The laid out paper has more than [`crate::limits::MAX_PAGES`] pages.
    #[error("这份文书排出 {pages} 页，超过上限 {limit} 页。请减少内容，或分成几份打印。")]
    TooManyPages { pages: usize, limit: usize },
    /// The data has not the form the engine or the template needs; the field is named.
    #[error("要打印的数据有误：{0}")]
    Data(String),
    /// The template itself failed: a field it needs is missing, or it has a fault. `detail` is typst's message.
    #[error("文书“{template}”的版式与数据不符，未能生成。请联系系统管理员。")]
    Template { template: &'static str, detail: String },
    /// A mounted font directory or file cannot be used.
    #[error("字体目录不可用：{0}")]
    Font(String),
}

impl DocumentError {
    /// What the operator needs to find the fault; the same as the sentence where there is no more to say.
    pub fn detail(&self) -> String {
        match self {
            DocumentError::Template { template, detail } => format!("template {template}: {detail}"),
            other => other.to_string(),
        }
    }
}
