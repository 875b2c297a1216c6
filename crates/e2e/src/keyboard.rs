//! The keyboard: keys as a person presses them, and whether one sees where the focus is.

use crate::Tab;
use anyhow::{Result, bail};
use serde_json::json;

/// The keys that the tests press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Tab,
    Enter,
    Space,
    Down,
    Escape,
}

impl Key {
    /// Name, code, number and the text that it types.
    fn facts(self) -> (&'static str, &'static str, i64, Option<&'static str>) {
        match self {
            Key::Tab => ("Tab", "Tab", 9, None),
            Key::Enter => ("Enter", "Enter", 13, Some("\r")),
            Key::Space => (" ", "Space", 32, Some(" ")),
            Key::Down => ("ArrowDown", "ArrowDown", 40, None),
            Key::Escape => ("Escape", "Escape", 27, None),
        }
    }
}

/// Longest walk with the Tab key before giving up.
const STEPS: usize = 150;

/// Describes the focused element and whether it shows that it is focused.
const FOCUS: &str = r"(() => {
  const e = document.activeElement;
  if (!e || e === document.body) return { name: '', seen: true };
  const s = getComputedStyle(e);
  const outline = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
  const box = e.getBoundingClientRect();
  // The picker button inside a date field is the browser's own, with its own ring.
  if (e.tagName === 'INPUT' && !e.matches(':focus')) return { name: e.id, seen: true };
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return { name: e.outerHTML.slice(0, 160), seen: inside && (outline || s.boxShadow !== 'none') };
})()";

#[derive(serde::Deserialize)]
struct Focus {
    name: String,
    seen: bool,
}

impl Tab {
    /// Presses and releases one key.
    pub async fn key(&self, key: Key) -> Result<()> {
        let (name, code, number, text) = key.facts();
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({
                "type": kind, "key": name, "code": code, "windowsVirtualKeyCode": number, "nativeVirtualKeyCode": number
            });
            if let (Some(text), "keyDown") = (text, kind) {
                params["text"] = text.into();
                params["unmodifiedText"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", params).await?;
        }
        Ok(())
    }

    /// Types into whatever has the focus (as an input method does, so that Chinese goes in as well).
    pub async fn type_text(&self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({ "text": text })).await?;
        Ok(())
    }

    /// Presses Tab until the focused element `e` fulfils the script, e.g. `e.id === "content"`. Fails when an
    /// element on the way has the focus without showing it.
    pub async fn tab_to(&self, wanted: &str) -> Result<()> {
        for _ in 0..STEPS {
            self.key(Key::Tab).await?;
            let focus: Focus = self.eval(FOCUS).await?;
            if !focus.seen {
                bail!("{}: the focus cannot be seen on {}", self.path().await?, focus.name);
            }
            if self.eval(&format!("(e => !!({wanted}))(document.activeElement)")).await? {
                return Ok(());
            }
        }
        bail!("{}: {STEPS} times Tab did not reach {wanted}", self.path().await?)
    }
}
