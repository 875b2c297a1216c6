//! One tab: what a person sees and does, and what the browser complains about meanwhile.

use crate::devtools::{self, Complaints, Devtools, locked, thrown};
use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long one waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often one clicks on what moves away under the mouse.
const CLICKS: usize = 5;

/// Largest picture, in pixels: 2,083 lines of a desktop, 7,692 of a phone. What is longer repeats itself, and pictures are
/// what a walk over all pages takes longest for.
const MOST_PIXELS: i64 = 3_000_000;

/// The two sizes in which pages are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Desktop,
    Phone,
    /// A screen on the wall.
    Wall,
}

impl View {
    /// Width and height in CSS pixels.
    pub fn size(self) -> (i64, i64) {
        match self {
            View::Desktop => (1440, 900),
            View::Phone => (390, 844),
            View::Wall => (1920, 1080),
        }
    }
    /// For file names and findings.
    pub fn name(self) -> &'static str {
        match self {
            View::Desktop => "desktop",
            View::Phone => "phone",
            View::Wall => "wall",
        }
    }
}

/// A tab of one person. Dropping it closes it: a page left open goes on playing, drawing and asking.
pub struct Tab {
    devtools: Arc<Devtools>,
    target: String,
    session: String,
    pub(crate) context: String,
    base: String,
    complaints: Complaints,
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.devtools.tell("Target.closeTarget", json!({ "targetId": self.target }));
    }
}

impl Tab {
    pub(crate) async fn new(devtools: Arc<Devtools>, target: &str, context: &str, base: &str) -> Result<Tab> {
        let (session, complaints) = devtools.attach(target).await?;
        let tab = Tab { devtools, target: target.to_string(), session, context: context.to_string(), base: base.to_string(), complaints };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            tab.call(domain, json!({})).await?;
        }
        tab.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await?;
        tab.look(View::Desktop).await?;
        Ok(tab)
    }

    /// A command of the DevTools protocol in this tab.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.devtools.call(Some(&self.session), method, params).await
    }

    /// What the browser complained about since the last call.
    pub fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.complaints))
    }

    /// Takes one of the two sizes.
    pub async fn look(&self, view: View) -> Result<()> {
        self.resize(view, view.size().1).await?;
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": view == View::Phone })).await?;
        Ok(())
    }

    async fn resize(&self, view: View, height: i64) -> Result<()> {
        let params = json!({
            "width": view.size().0, "height": height, "deviceScaleFactor": 1, "mobile": view == View::Phone
        });
        self.call("Emulation.setDeviceMetricsOverride", params).await?;
        Ok(())
    }

    /// Goes to a path and gives the answer's status.
    pub async fn open(&self, path: &str) -> Result<u16> {
        let address = format!("{}{path}", self.base);
        let answer = self.call("Page.navigate", json!({ "url": address })).await?;
        if let Some(why) = devtools::text(&answer, "/errorText") {
            bail!("opening {path}: {why}");
        }
        self.until("document.readyState === 'complete'").await.with_context(|| format!("loading {path}"))?;
        self.status().await
    }

    /// Runs a script in every page before its own, as a browser that lacks something.
    pub async fn before_each_page(&self, script: &str) -> Result<()> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        Ok(())
    }

    /// Opens a file of the disk, as a double click does.
    pub async fn open_file(&self, file: &Path) -> Result<()> {
        let file = file.canonicalize().with_context(|| format!("{}", file.display()))?;
        self.call("Page.navigate", json!({ "url": format!("file://{}", file.display()) })).await?;
        self.until("location.protocol === 'file:' && document.readyState === 'complete'").await
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
        let params = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params).await?;
        if let Some(e) = answer.get("exceptionDetails") {
            bail!("script failed: {}", thrown(e));
        }
        Ok(serde_json::from_value(answer["result"]["value"].take())?)
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
            tokio::time::sleep(Duration::from_millis(25)).await;
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
        self.call("Input.insertText", json!({ "text": text })).await?;
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
        // The browser refuses to read a path with `..` in it.
        let file = file.canonicalize().with_context(|| format!("{}", file.display()))?;
        let found = self.call("Runtime.evaluate", json!({ "expression": one(css) })).await?;
        let object = devtools::text(&found, "/result/objectId").ok_or_else(|| anyhow!("no {css}"))?;
        self.call("DOM.setFileInputFiles", json!({ "files": [file], "objectId": object })).await?;
        Ok(())
    }

    /// Clicks with the mouse on the first visible element that matches and contains the text. Fails when
    /// something else covers it. Where the page moved between the look and the press, clicks again as a
    /// person does.
    pub async fn click(&self, css: &str, text: &str) -> Result<()> {
        for _ in 0..CLICKS {
            if self.click_once(css, text).await? {
                return Ok(());
            }
        }
        bail!("{}: {css} {text} was clicked {CLICKS} times and never took it", self.path().await?)
    }

    /// One click; false when it did not arrive at what was looked for.
    async fn click_once(&self, css: &str, text: &str) -> Result<bool> {
        let script = format!(
            r"(() => {{
  const all = [...document.querySelectorAll({css})].filter(e => e.checkVisibility() && e.textContent.includes({text}));
  const e = all.find(e => e.textContent.trim() === {text}) ?? all[0];
  if (!e) return null;
  e.scrollIntoView({{ block: 'center', behavior: 'instant' }});
  const r = e.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2;
  const hit = document.elementFromPoint(x, y);
  window.e2eHit = false;
  window.addEventListener('click', c => {{ window.e2eHit ||= e.contains(c.target) || c.target === hit }}, {{ capture: true, once: true }});
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
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params).await?;
        }
        // A page that is being left, or another one, has no `e2eHit`: the click led away.
        Ok(self.eval::<bool>("window.e2eHit !== false").await.unwrap_or(true))
    }

    /// Drags with the mouse over the first element that matches; places are parts of its width and height, 0 to 1.
    pub async fn drag(&self, css: &str, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        let script = format!(
            "(e => {{ e.scrollIntoView({{ block: 'center', behavior: 'instant' }}); const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height] }})({})",
            one(css)
        );
        let (x, y, w, h): (f64, f64, f64, f64) = self.eval(&script).await?;
        let half = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        for (kind, at) in [("mousePressed", from), ("mouseMoved", half), ("mouseMoved", to), ("mouseReleased", to)] {
            let params = json!({ "type": kind, "x": x + at.0 * w, "y": y + at.1 * h, "button": "left", "buttons": 1, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params).await?;
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
        self.enter(&who.account, &who.password).await
    }

    /// The same with an account that the demonstration does not list.
    pub async fn enter(&self, account: &str, password: &str) -> Result<()> {
        self.open("/login").await?;
        self.fill("#account", account).await?;
        self.fill("#password", password).await?;
        self.press("button", "登录").await?;
        let path = self.path().await?;
        if path.starts_with("/login") { bail!("{account} was not let in") } else { Ok(()) }
    }

    /// Sets up the second factor as an administrator is asked to at first.
    pub async fn enrol(&self) -> Result<()> {
        self.open("/me").await?;
        let secret: String =
            self.eval("document.querySelector('form[action=\"/me/totp\"] [name=secret]').value").await?;
        self.fill("#code", &one_time_code(&secret)?).await?;
        self.press("button", "启用").await?;
        self.says("已启用").await
    }

    /// A cookie vanishes, as when a session ends elsewhere.
    pub async fn forget(&self, cookie: &str) -> Result<()> {
        self.call("Network.deleteCookies", json!({ "name": cookie, "url": self.base })).await?;
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
        self.eval(&widest(view)).await
    }

    /// Saves the page as PNG, whole as far as it is not very long, in the size in which it stands.
    pub async fn picture(&self, view: View, file: &Path) -> Result<()> {
        self.tall_picture(view, file).await?;
        self.look(view).await
    }

    /// The same, and leaves the window as high as the page: what is fixed to its edge stands at the end and covers nothing.
    pub async fn tall_picture(&self, view: View, file: &Path) -> Result<()> {
        let height: i64 = self.eval("document.documentElement.scrollHeight").await?;
        self.resize(view, height.clamp(view.size().1, MOST_PIXELS / view.size().0)).await?;
        let params = json!({ "format": "png", "optimizeForSpeed": true });
        let shot = match self.call("Page.captureScreenshot", params.clone()).await {
            // Under load Chromium was seen to lose one.
            Err(e) if e.to_string().contains("no answer") => self.call("Page.captureScreenshot", params).await?,
            answer => answer?,
        };
        let data = devtools::text(&shot, "/data").context("no picture")?;
        std::fs::write(file, base64::engine::general_purpose::STANDARD.decode(data)?)?;
        Ok(())
    }
}

/// A script that names the first elements that reach beyond the window.
pub(crate) fn widest(view: View) -> String {
    format!(
        r"[...document.querySelectorAll('body *')].filter(e => {{
  if (e.getBoundingClientRect().right <= {0} + 1) return false;
  for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible') return false;
  return true;
}}).slice(0, 3).map(e => e.outerHTML.slice(0, 140).replace(/\s+/g, ' ')).join(' | ')",
        view.size().0
    )
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
