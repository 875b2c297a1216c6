//! One tab: what a person sees and does, and what the browser complains about meanwhile.

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::browser::BrowserContextId;
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::emulation::{
    SetDeviceMetricsOverrideParams, SetFocusEmulationEnabledParams, SetTouchEmulationEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::{
    DispatchMouseEventParams, DispatchMouseEventType, InsertTextParams, MouseButton,
};
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::DeleteCookiesParams;
use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotFormat, CaptureScreenshotParams};
use chromiumoxide::cdp::js_protocol::runtime::{
    ConsoleApiCalledType, EvaluateParams, EventConsoleApiCalled, EventExceptionThrown, ExceptionDetails,
};
use futures::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longest picture, in pixels.
const HIGHEST: i64 = 12_000;

/// The two sizes in which pages are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Desktop,
    Phone,
}

impl View {
    /// Width and height in CSS pixels.
    pub fn size(self) -> (i64, i64) {
        match self {
            View::Desktop => (1440, 900),
            View::Phone => (390, 844),
        }
    }
    /// For file names and findings.
    pub fn name(self) -> &'static str {
        match self {
            View::Desktop => "desktop",
            View::Phone => "phone",
        }
    }
}

/// A tab of one person.
pub struct Tab {
    pub(crate) page: Page,
    pub(crate) context: BrowserContextId,
    base: String,
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Tab {
    pub(crate) async fn new(page: Page, context: BrowserContextId, base: &str) -> Result<Tab> {
        let tab = Tab { page, context, base: base.to_string(), complaints: Arc::default() };
        tab.listen().await?;
        tab.page.execute(SetFocusEmulationEnabledParams::new(true)).await?;
        tab.look(View::Desktop).await?;
        Ok(tab)
    }

    /// Gathers console errors, exceptions and what the browser logs as errors (failed loads, CSP).
    async fn listen(&self) -> Result<()> {
        self.page.enable_runtime().await?;
        self.page.enable_log().await?;
        let mut logs = self.page.event_listener::<EventEntryAdded>().await?;
        let mut calls = self.page.event_listener::<EventConsoleApiCalled>().await?;
        let mut throws = self.page.event_listener::<EventExceptionThrown>().await?;
        let note = |list: &Arc<Mutex<Vec<String>>>| {
            let list = list.clone();
            move |says: String| list.lock().unwrap_or_else(PoisonError::into_inner).push(says)
        };
        let say = note(&self.complaints);
        tokio::spawn(async move {
            while let Some(e) = logs.next().await {
                if e.entry.level == LogEntryLevel::Error {
                    say(format!("log: {} {}", e.entry.text, e.entry.url.as_deref().unwrap_or("")));
                }
            }
        });
        let say = note(&self.complaints);
        tokio::spawn(async move {
            while let Some(e) = calls.next().await {
                if matches!(e.r#type, ConsoleApiCalledType::Error | ConsoleApiCalledType::Assert) {
                    let args: Vec<String> =
                        e.args.iter().filter_map(|a| a.value.as_ref().map(ToString::to_string)).collect();
                    say(format!("console: {}", args.join(" ")));
                }
            }
        });
        let say = note(&self.complaints);
        tokio::spawn(async move {
            while let Some(e) = throws.next().await {
                say(format!("exception: {}", thrown(&e.exception_details)));
            }
        });
        Ok(())
    }

    /// What the browser complained about since the last call.
    pub fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut *self.complaints.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes one of the two sizes.
    pub async fn look(&self, view: View) -> Result<()> {
        let (width, height) = view.size();
        self.page.execute(SetDeviceMetricsOverrideParams::new(width, height, 1.0, view == View::Phone)).await?;
        self.page.execute(SetTouchEmulationEnabledParams::new(view == View::Phone)).await?;
        Ok(())
    }

    /// Goes to a path and gives the answer's status.
    pub async fn open(&self, path: &str) -> Result<u16> {
        let address = format!("{}{path}", self.base);
        self.page.goto(address.as_str()).await.with_context(|| format!("opening {path}"))?;
        self.until("document.readyState === 'complete'").await.with_context(|| format!("loading {path}"))?;
        self.status().await
    }

    /// The status with which the present page was answered.
    pub async fn status(&self) -> Result<u16> {
        self.eval("performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0").await
    }

    /// Path and query of the present page.
    pub async fn path(&self) -> Result<String> {
        self.eval("location.pathname + location.search").await
    }

    /// The value of an expression or promise in the page; a page's CSP does not apply.
    pub async fn eval<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let params = EvaluateParams::builder()
            .expression(script)
            .await_promise(true)
            .return_by_value(true)
            .build()
            .map_err(anyhow::Error::msg)?;
        let answer = self.page.execute(params).await?.result;
        if let Some(e) = &answer.exception_details {
            bail!("script failed: {}", thrown(e));
        }
        Ok(serde_json::from_value(answer.result.value.unwrap_or(serde_json::Value::Null))?)
    }

    /// Waits until the script is true. A page that is just being left counts as "not yet".
    pub async fn until(&self, script: &str) -> Result<()> {
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < PATIENCE {
            match self.eval::<bool>(&format!("!!({script})")).await {
                Ok(true) => return Ok(()),
                Ok(false) => last = None,
                Err(e) => last = Some(e),
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        let shown: String = self
            .eval("location.href + '\\n' + (document.querySelector('main') ?? document.body).innerText")
            .await
            .unwrap_or_default();
        let shown: String = shown.chars().take(1500).collect();
        Err(anyhow!(
            "waited {PATIENCE:?} for {script}{}\non {shown}",
            last.map(|e| format!(" ({e})")).unwrap_or_default()
        ))
    }

    /// Waits until the page shows the text.
    pub async fn says(&self, text: &str) -> Result<()> {
        self.until(&format!("document.body.innerText.includes({})", quoted(text))).await
    }

    /// The visible text of the first element.
    pub async fn text(&self, css: &str) -> Result<String> {
        self.until(&format!("document.querySelector({})", quoted(css))).await?;
        self.eval(&format!("document.querySelector({}).innerText.trim()", quoted(css))).await
    }

    /// Writes into a field in place of what is there.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        self.eval::<bool>(&format!("(e => {{ e.focus(); e.select(); return true }})({})", one(css)))
            .await
            .with_context(|| format!("filling {css}"))?;
        self.page.execute(InsertTextParams::new(text)).await?;
        Ok(())
    }

    /// Sets a value that is not typed letter by letter: a date, a time.
    pub async fn set(&self, css: &str, value: &str) -> Result<()> {
        let script = format!(
            "(e => {{ e.value = {v}; for (const t of ['input', 'change']) e.dispatchEvent(new Event(t, {{ bubbles: true }})); return e.value === {v} }})({e})",
            v = quoted(value),
            e = one(css)
        );
        if self.eval(&script).await? { Ok(()) } else { bail!("{css} does not take {value}") }
    }

    /// Chooses the option of a select whose label contains the text.
    pub async fn choose(&self, css: &str, label: &str) -> Result<()> {
        let script =
            format!("(e => [...e.options].find(o => o.text.includes({})) ?.value ?? '')({})", quoted(label), one(css));
        let value: String = self.eval(&script).await?;
        if value.is_empty() {
            bail!("{css} has no option {label}");
        }
        self.set(css, &value).await
    }

    /// Puts a file into a file field.
    pub async fn upload(&self, css: &str, file: &Path) -> Result<()> {
        let params = EvaluateParams::builder().expression(one(css)).build().map_err(anyhow::Error::msg)?;
        let found = self.page.execute(params).await?.result.result;
        let object = found.object_id.ok_or_else(|| anyhow!("no {css}"))?;
        let params = SetFileInputFilesParams::builder()
            .file(file.display().to_string())
            .object_id(object)
            .build()
            .map_err(anyhow::Error::msg)?;
        self.page.execute(params).await?;
        Ok(())
    }

    /// Clicks with the mouse on the first visible element that matches and contains the text. Fails when
    /// something else covers it.
    pub async fn click(&self, css: &str, text: &str) -> Result<()> {
        let script = format!(
            r"(() => {{
  const all = [...document.querySelectorAll({css})].filter(e => e.checkVisibility() && e.textContent.includes({text}));
  const e = all.find(e => e.textContent.trim() === {text}) ?? all[0];
  if (!e) return null;
  e.scrollIntoView({{ block: 'center', behavior: 'instant' }});
  const r = e.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2;
  const hit = document.elementFromPoint(x, y);
  return [x, y, e.contains(hit) || hit?.contains(e) ? '' : (hit?.outerHTML.slice(0, 120) ?? 'nothing')];
}})()",
            css = quoted(css),
            text = quoted(text)
        );
        self.until(&format!("{script} !== null")).await.with_context(|| format!("looking for {css} {text}"))?;
        let (x, y, covered): (f64, f64, String) = self.eval(&script).await?;
        if !covered.is_empty() {
            bail!("{}: {css} {text} is covered by {covered}", self.path().await?);
        }
        for kind in [
            DispatchMouseEventType::MouseMoved,
            DispatchMouseEventType::MousePressed,
            DispatchMouseEventType::MouseReleased,
        ] {
            let params =
                DispatchMouseEventParams::builder().r#type(kind).x(x).y(y).button(MouseButton::Left).click_count(1);
            self.page.execute(params.build().map_err(anyhow::Error::msg)?).await?;
        }
        Ok(())
    }

    /// Clicks on what leads to another page (a link, a submit button) and waits for that page.
    pub async fn press(&self, css: &str, text: &str) -> Result<()> {
        self.mark().await?;
        self.click(css, text).await?;
        self.arrive().await.with_context(|| format!("after {css} {text}"))
    }

    /// Marks the present document, for [`Tab::arrive`].
    pub async fn mark(&self) -> Result<()> {
        self.eval::<bool>("window.e2eOld = true").await.map(|_| ())
    }

    /// Waits until another document than the marked one has loaded.
    pub async fn arrive(&self) -> Result<()> {
        self.until("!window.e2eOld && location.protocol === 'http:' && document.readyState === 'complete'").await
    }

    /// Signs in; ends on the page after signing in.
    pub async fn sign_in(&self, who: &crate::Account) -> Result<()> {
        self.open("/login").await?;
        self.fill("#account", &who.account).await?;
        self.fill("#password", &who.password).await?;
        self.press("button", "登录").await?;
        let path = self.path().await?;
        if path.starts_with("/login") { bail!("{} was not let in", who.account) } else { Ok(()) }
    }

    /// A cookie vanishes, as when a session ends elsewhere.
    pub async fn forget(&self, cookie: &str) -> Result<()> {
        let params = DeleteCookiesParams::builder().name(cookie).url(&self.base).build().map_err(anyhow::Error::msg)?;
        self.page.execute(params).await?;
        Ok(())
    }

    /// Opens everything in the main part that is folded away; how much that was.
    pub async fn unfold(&self) -> Result<usize> {
        self.eval("[...document.querySelectorAll('main details:not([open])')].map(d => d.open = true).length").await
    }

    /// How far the content is wider than the window; 0 when it fits.
    pub async fn overflow(&self, view: View) -> Result<i64> {
        // On an emulated phone innerWidth grows with the content, so the wanted width counts as well.
        let script = format!("document.documentElement.scrollWidth - Math.min(innerWidth, {})", view.size().0);
        Ok(self.eval::<i64>(&script).await?.max(0))
    }

    /// The first few elements that reach beyond the window and are not cut off or scrolled by one around them.
    pub async fn widest(&self, view: View) -> Result<String> {
        let script = format!(
            r"[...document.querySelectorAll('body *')].filter(e => {{
  if (e.getBoundingClientRect().right <= {0} + 1) return false;
  for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible') return false;
  return true;
}}).slice(0, 3).map(e => e.outerHTML.slice(0, 140).replace(/\s+/g, ' ')).join(' | ')",
            view.size().0
        );
        self.eval(&script).await
    }

    /// Saves the whole page as PNG. The window is as high as the page meanwhile, so that what is fixed to its
    /// edge stands at the end and covers nothing.
    pub async fn picture(&self, view: View, file: &Path) -> Result<()> {
        let height: i64 = self.eval("document.documentElement.scrollHeight").await?;
        let size = SetDeviceMetricsOverrideParams::new(
            view.size().0,
            height.clamp(view.size().1, HIGHEST),
            1.0,
            view == View::Phone,
        );
        self.page.execute(size).await?;
        let params = CaptureScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
        let shot = self.page.execute(params).await?.result;
        let data: &str = shot.data.as_ref();
        std::fs::write(file, base64::engine::general_purpose::STANDARD.decode(data)?)?;
        self.look(view).await
    }
}

/// The six digits of an authenticator app (RFC 6238) for this moment; the secret in hexadecimal.
pub fn one_time_code(secret: &str) -> Result<String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let mut mac = <Hmac<sha1::Sha1> as KeyInit>::new_from_slice(&hex::decode(secret)?)?;
    mac.update(&(now / 30).to_be_bytes());
    let h = mac.finalize().into_bytes();
    let at = usize::from(h[19] & 15);
    let number = u32::from_be_bytes([h[at], h[at + 1], h[at + 2], h[at + 3]]) & 0x7fff_ffff;
    Ok(format!("{:06}", number % 1_000_000))
}

/// A script that finds one element or throws.
fn one(css: &str) -> String {
    format!(
        "(() => {{ const e = document.querySelector({0}); if (!e) throw new Error('no ' + {0}); return e }})()",
        quoted(css)
    )
}

/// A JavaScript string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn thrown(e: &ExceptionDetails) -> String {
    e.exception.as_ref().and_then(|x| x.description.clone()).unwrap_or_else(|| e.text.clone())
}
