// Forms: no double submit, nothing typed is lost.

const key = (/** @type {HTMLFormElement} */ f) => `fq-form ${location.pathname} ${f.getAttribute("action")}`;
const KEEP = "input:not([type=hidden]):not([type=password]):not([type=file]), textarea, select";

for (const form of document.querySelectorAll("form[data-guard]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  const saved = sessionStorage.getItem(key(form));
  if (saved && !document.querySelector("[role=alert]")) {
    const values = new Map(JSON.parse(saved));
    for (const el of form.querySelectorAll("input:not([type=hidden]), textarea, select")) {
      if (el instanceof HTMLInputElement && (el.type === "checkbox" || el.type === "radio" || el.type === "file")) continue;
      if ("name" in el && values.has(el.name) && !el.value) el.value = values.get(el.name);
    }
  }
  form.addEventListener("input", () => {
    const values = [...form.querySelectorAll(KEEP)].map((el) => ("name" in el ? [el.name, el.value] : ["", ""]));
    sessionStorage.setItem(key(form), JSON.stringify(values));
  });
}

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent) { e.preventDefault(); return; }
  form.dataset.sent = "1";
  sessionStorage.removeItem(key(form));
  setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true)), 0);
});

// Back from another page: forms can be sent again.
window.addEventListener("pageshow", (e) => {
  if (!e.persisted) return;
  document.querySelectorAll("form").forEach((f) => { delete f.dataset.sent; f.querySelectorAll("button").forEach((b) => (b.disabled = false)); });
});

document.querySelector("[data-focus]")?.focus();
