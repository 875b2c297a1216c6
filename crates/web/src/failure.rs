//! Errors as answers: status, page, next step. The cause of an internal one goes to the log only.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::Error;

/// What a handler returns.
pub type Answer = Result<Response, Failure>;

/// An error on its way to the page; the router's outermost layer turns it into HTML.
#[derive(Debug)]
pub struct Failure(pub Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(e: E) -> Failure {
        Failure(e.into())
    }
}

/// What the error page shows: what happened, the rule it rests on and where that stands, the next step.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub status: StatusCode,
    pub title: String,
    pub says: String,
    /// None only for a fault of the program itself.
    pub rule: Option<kernel::RuleRef>,
    /// Where the rule can be read.
    pub place: String,
    pub next: String,
    /// To quote to the administrator, for internal errors.
    pub code: Option<String>,
}

/// The first sentence, and what follows it: the way on, or `otherwise`.
fn sentences(text: &str, otherwise: &str) -> (String, String) {
    match text.split_once('。') {
        Some((first, rest)) if !rest.trim().is_empty() => (format!("{first}。"), rest.trim().to_string()),
        _ => (text.to_string(), otherwise.to_string()),
    }
}

impl Trouble {
    /// A trouble under the rule of `key` ([`kernel::ground`]).
    pub fn under(key: &str, status: StatusCode, title: &str, says: impl Into<String>, next: impl Into<String>) -> Trouble {
        let ground = kernel::ground::of(key);
        Trouble {
            status,
            title: title.into(),
            says: says.into(),
            rule: Some(ground.rule()),
            place: format!("{}#{}", kernel::ground::PAGE, ground.anchor),
            next: next.into(),
            code: None,
        }
    }

    /// Reads an error for the page; logs the cause of an internal one under a code.
    pub fn of(error: &Error) -> Trouble {
        let plain = |status, title: &str, says: &str, next: &str| Trouble::under(error.key(), status, title, says, next);
        let told = |status, title: &str, text: &str, otherwise: &str| {
            let (says, next) = sentences(text, otherwise);
            Trouble::under(error.key(), status, title, says, next)
        };
        match error {
            Error::NotFound(what) => plain(
                StatusCode::NOT_FOUND,
                "没有找到",
                &format!("没有找到{what}，或它不在您的查看范围内。"),
                "请核对编号、网址，或用上方搜索查找；确需查看范围之外的，请找所领导或者主办单位。",
            ),
            Error::SignedOut => plain(
                StatusCode::UNAUTHORIZED,
                "需要重新登录",
                "登录已失效。",
                "重新登录后会回到原页面，已填写的内容保留在本机浏览器中。",
            ),
            Error::Forbidden(why) => told(
                StatusCode::FORBIDDEN,
                "没有权限",
                why,
                "请由有权限的人办理；岗位需要的，请安全管理员在“授权”中调整。",
            ),
            Error::Invalid(fields) => plain(
                StatusCode::UNPROCESSABLE_ENTITY,
                "请改正后再提交",
                &fields.0.iter().map(|(_, s)| s.as_str()).collect::<Vec<_>>().join(" "),
                "请返回上一页改正。",
            ),
            Error::Refused(r) => Trouble {
                status: if r.is_pace() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY },
                title: "不能这样办理".into(),
                says: r.what.clone(),
                rule: Some(r.rule.clone()),
                place: r.place(),
                next: r.next.clone(),
                code: None,
            },
            Error::Conflict(_) => plain(
                StatusCode::CONFLICT,
                "内容已被他人修改",
                "您打开页面之后，这条记录已由他人修改。",
                "请返回上一页，对照两边的内容后选择。",
            ),
            Error::TooLarge(why) => told(StatusCode::PAYLOAD_TOO_LARGE, "内容太大", why, "请减少内容，或者分几次办理。"),
            Error::Busy(why) => {
                told(StatusCode::SERVICE_UNAVAILABLE, "系统正忙", why, "请等几秒再试；一直这样的，请告诉系统管理员。")
            }
            Error::Full => plain(
                StatusCode::INSUFFICIENT_STORAGE,
                "服务器磁盘已满",
                "磁盘没有空间了，这一步没有保存，原有数据完好。",
                "请告诉系统管理员清理磁盘或者扩容；腾出空间后回到上一页重新提交，已填写的内容还在。",
            ),
            Error::Internal(cause) => {
                let code = code_of(cause);
                tracing::error!(code, "{cause}");
                Trouble {
                    code: Some(code),
                    rule: None,
                    ..plain(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "系统出错",
                        "这一步没有办成，数据没有改动。",
                        "请稍后重试；若仍不行，请把下面的编号告诉系统管理员。",
                    )
                }
            }
        }
    }

    /// What a layer below the handlers answered by itself, without words: a broken address, a wrong method, too much, too slow.
    pub fn of_bare(status: StatusCode) -> Option<Trouble> {
        let t = |key, title, says, next| Some(Trouble::under(key, status, title, says, next));
        match status {
            StatusCode::BAD_REQUEST => t("invalid", "网址不完整", "网址里的条件读不懂，没有查询。", "请从页面上的链接、按钮重新打开。"),
            StatusCode::METHOD_NOT_ALLOWED => {
                t("foreign_form", "不能这样打开", "这个网址只接受页面上的提交，不能直接打开。", "请回到原来的页面，用页面上的按钮办理。")
            }
            StatusCode::PAYLOAD_TOO_LARGE => t("too_large", "内容太大", "提交的内容超过 32 MB，没有收。", "请减少附件，或者分几次提交。"),
            StatusCode::GATEWAY_TIMEOUT => {
                t("busy", "等得太久", "一分钟还没有办完，已经停下。", "请先查看是否已经办成，再重新提交；查询请缩小范围。")
            }
            _ => None,
        }
    }
}

/// A short code that is equal for equal causes, so that the log can be searched.
fn code_of(cause: &str) -> String {
    use sha2::Digest;
    hex::encode(&sha2::Sha256::digest(cause.as_bytes())[..4]).to_uppercase()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let trouble = Trouble::of(&self.0);
        let mut response = (trouble.status, trouble.says.clone()).into_response();
        response.extensions_mut().insert(trouble);
        response
    }
}
