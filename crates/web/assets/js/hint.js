// <fq-hint src="/fragment" fields="title summary">: sends what is typed in its form and shows the answer.
// Buttons with data-take="field=value" set the field at once; without this script they send the form.

const WAIT = 500;

class Hint extends HTMLElement {
  /** @type {number | undefined} */ #timer;
  #sent = "";
  #turn = 0;

  get form() { return this.closest("form"); }

  connectedCallback() {
    this.form?.addEventListener("input", () => this.#soon());
    this.addEventListener("click", (e) => this.#take(e));
    this.#soon();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#ask(), WAIT);
  }

  async #ask() {
    const form = this.form;
    if (!form) return;
    const wanted = (this.getAttribute("fields") ?? "").split(" ");
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (wanted.includes(name) && typeof value === "string") body.append(name, value);
    }
    for (const pair of (this.getAttribute("with") ?? "").split(" ").filter(Boolean)) {
      const [name, value] = pair.split("=");
      body.append(name, value ?? "");
    }
    const text = body.toString();
    if (text === this.#sent) return;
    this.#sent = text;
    const turn = ++this.#turn;
    try {
      const answer = await fetch(this.getAttribute("src") ?? "", { method: "POST", body, headers: { "x-fragment": "1" } });
      if (!answer.ok || turn !== this.#turn) return;
      this.innerHTML = await answer.text();
    } catch {
      this.#sent = "";
    }
  }

  /** @param {Event} e */
  #take(e) {
    const button = e.target instanceof Element ? e.target.closest("[data-take]") : null;
    const [name, value] = (button?.getAttribute("data-take") ?? "").split(/=(.*)/s);
    const form = this.form;
    if (!button || !form || !name) return;
    for (const el of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (el instanceof HTMLInputElement && (el.type === "checkbox" || el.type === "radio")) {
        if (el.value === value) { el.checked = true; e.preventDefault(); }
      } else if (el instanceof HTMLSelectElement && [...el.options].some((o) => o.value === value)) {
        el.value = value;
        e.preventDefault();
      } else if (el instanceof HTMLTextAreaElement) {
        el.value = el.value.trim() ? `${el.value.trimEnd()}\n${value}` : value;
        e.preventDefault();
      }
    }
    if (e.defaultPrevented) {
      button.classList.add("is-taken");
      button.setAttribute("aria-pressed", "true");
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

customElements.define("fq-hint", Hint);
