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

/// What the error page shows.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub status: StatusCode,
    pub title: String,
    pub says: String,
    pub rule: Option<kernel::RuleRef>,
    pub next: String,
    /// To quote to the administrator, for internal errors.
    pub code: Option<String>,
}

impl Trouble {
    /// Reads an error for the page; logs the cause of an internal one under a code.
    pub fn of(error: &Error) -> Trouble {
        let plain = |status, title: &str, says: String, next: &str| Trouble {
            status,
            title: title.into(),
            says,
            rule: None,
            next: next.into(),
            code: None,
        };
        match error {
            Error::NotFound(what) => plain(
                StatusCode::NOT_FOUND,
                "没有找到",
                format!("没有找到{what}，或它不在您的查看范围内。"),
                "请核对编号，或用上方搜索查找。",
            ),
            Error::SignedOut => plain(
                StatusCode::UNAUTHORIZED,
                "需要重新登录",
                "登录已失效。".into(),
                "重新登录后会回到原页面，已填写的内容保留在本机浏览器中。",
            ),
            Error::Forbidden(why) => plain(StatusCode::FORBIDDEN, "没有权限", why.clone(), ""),
            Error::Invalid(fields) => plain(
                StatusCode::UNPROCESSABLE_ENTITY,
                "请改正后再提交",
                fields.0.iter().map(|(_, s)| s.as_str()).collect::<Vec<_>>().join(" "),
                "请返回上一页改正。",
            ),
            Error::Refused(r) => Trouble {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                title: "不能这样办理".into(),
                says: r.what.clone(),
                rule: r.rule.clone(),
                next: r.next.clone(),
                code: None,
            },
            Error::Conflict(_) => plain(
                StatusCode::CONFLICT,
                "内容已被他人修改",
                "您打开页面之后，这条记录已由他人修改。".into(),
                "请返回上一页，对照两边的内容后选择。",
            ),
            Error::TooLarge(why) => plain(StatusCode::PAYLOAD_TOO_LARGE, "内容太大", why.clone(), ""),
            Error::Busy(why) => plain(StatusCode::SERVICE_UNAVAILABLE, "系统正忙", why.clone(), ""),
            Error::Full => plain(
                StatusCode::INSUFFICIENT_STORAGE,
                "服务器磁盘已满",
                "磁盘没有空间了，这一步没有保存，原有数据完好。".into(),
                "请告诉系统管理员清理磁盘或者扩容；腾出空间后回到上一页重新提交，已填写的内容还在。",
            ),
            Error::Internal(cause) => {
                let code = code_of(cause);
                tracing::error!(code, "{cause}");
                Trouble {
                    code: Some(code),
                    ..plain(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "系统出错",
                        "这一步没有办成，数据没有改动。".into(),
                        "请稍后重试；若仍不行，请把下面的编号告诉系统管理员。",
                    )
                }
            }
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
