// Forms: no double submit, nothing typed is lost.
//
// What is typed stands in this tab's session storage under page, form and account until the server has taken it:
// a page that comes back without trouble ends the draft, a refusal or a lost session keeps it. Signing out ends all.

const who = document.documentElement.dataset.who ?? "";
const key = (/** @type {HTMLFormElement} */ f) => `fq-form ${who} ${location.pathname} ${f.getAttribute("action")}`;
const KEEP = "input:not([type=hidden]):not([type=password]):not([type=file]), textarea, select";
const SENT = "fq-sent";
const ticks = (/** @type {Element} */ el) => el instanceof HTMLInputElement && (el.type === "checkbox" || el.type === "radio");

// The answer to what was sent: the page of an error keeps the draft.
const sent = sessionStorage.getItem(SENT);
if (sent) {
  if (!document.querySelector("[data-trouble]")) sessionStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
}

for (const form of document.querySelectorAll("form[data-guard]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  const saved = sessionStorage.getItem(key(form));
  if (saved && !document.querySelector("[role=alert]")) restore(form, saved);
  const save = () => {
    const values = [...form.querySelectorAll(KEEP)].map((el) => [el.name, el.value, ticks(el) ? el.checked : null]);
    sessionStorage.setItem(key(form), JSON.stringify(values));
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
}

/** Puts a draft back into fields that are still empty, and the ticks as they were. */
function restore(/** @type {HTMLFormElement} */ form, /** @type {string} */ saved) {
  const fields = [...form.querySelectorAll(KEEP)];
  for (const [name, value, checked] of JSON.parse(saved)) {
    const el = fields.find((f) => f.name === name && (checked === null ? !ticks(f) && !f.value : ticks(f) && f.value === value));
    if (!el) continue;
    if (checked === null) el.value = value;
    else el.checked = checked;
  }
}

// A form with data-preview answers beside itself, so that the chosen file stays chosen.
async function beside(/** @type {HTMLFormElement} */ form, /** @type {HTMLElement} */ button) {
  const into = document.getElementById(form.dataset.preview ?? "");
  if (!into) return;
  const buttons = form.querySelectorAll("button");
  const body = new FormData(form, button);
  buttons.forEach((b) => (b.disabled = true));
  into.textContent = "正在读取……";
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { "X-Fragment": "1" }, body });
    into.innerHTML = await answer.text();
  } catch {
    into.textContent = "没有连上服务器，请稍后再试。所选文件还在。";
  }
  buttons.forEach((b) => (b.disabled = false));
}

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.preview && e.submitter && !e.submitter.matches("[data-plain]")) {
    e.preventDefault();
    void beside(form, e.submitter);
    return;
  }
  if (e.submitter?.matches("[data-plain]")) return;
  if (form.dataset.sent) { e.preventDefault(); return; }
  // A form that opens a file in another tab may be sent again, as another command.
  if (form.target === "_blank") {
    if ("again" in form.dataset) setTimeout(() => again(form), 0);
    return;
  }
  form.dataset.sent = "1";
  if (form.matches("[data-leave]")) sessionStorage.clear();
  else sessionStorage.setItem(SENT, key(form));
  setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true)), 0);
});

/** A fresh command id (UUID version 7) for the next sending. */
function again(/** @type {HTMLFormElement} */ form) {
  const field = form.elements.namedItem("command_id");
  if (!(field instanceof HTMLInputElement)) return;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let now = Date.now();
  for (let i = 5; i >= 0; i--) { bytes[i] = now % 256; now = Math.floor(now / 256); }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  field.value = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Back from another page: forms can be sent again.
window.addEventListener("pageshow", (e) => {
  if (!e.persisted) return;
  document.querySelectorAll("form").forEach((f) => { delete f.dataset.sent; f.querySelectorAll("button").forEach((b) => (b.disabled = false)); });
});

document.querySelector("[data-focus]")?.focus();
