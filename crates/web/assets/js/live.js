// <fq-live topic="incidents." src="/fragment">: fetches its own fragment when the topic changes.
// One stream per page; permissions apply by themselves because the fragment is an ordinary page.
// Without a topic there is no stream (a page without an account): every="5" asks by the clock. With `reload` the whole page
// is opened again when the fragment is not given any more, so that nothing old stays on a screen that nobody watches.

/** @type {EventSource | null} */
let stream = null;
/** @type {Set<Live>} */
const all = new Set();

function connect() {
  stream?.close();
  const topics = [...new Set([...all].map((l) => l.topic))].join(",");
  if (!topics) return;
  stream = new EventSource(`/live?topics=${encodeURIComponent(topics)}`);
  stream.addEventListener("ready", () => all.forEach((l) => l.back()));
  stream.addEventListener("change", (e) => {
    // Topics as this page asked for them, or "*": some were missed. Never which record changed.
    const changed = String(e.data).split(",");
    all.forEach((l) => (changed.includes("*") || changed.includes(l.topic)) && l.refresh());
  });
  stream.addEventListener("error", () => all.forEach((l) => (l.dataset.state = "lost")));
}

class Live extends HTMLElement {
  /** @type {number | undefined} */ #timer;
  /** @type {number | undefined} */ #clock;
  #busy = false;

  get topic() { return this.getAttribute("topic") ?? ""; }

  connectedCallback() {
    all.add(this);
    queueMicrotask(connect);
    // every="30": what changes by the clock alone is fetched every so many seconds too.
    const every = Number(this.getAttribute("every"));
    if (every >= 5) this.#clock = window.setInterval(() => this.refresh(), every * 1000);
  }
  disconnectedCallback() { all.delete(this); clearInterval(this.#clock); }

  /** The stream is (again) there: what changed meanwhile is fetched once. */
  back() {
    if (this.dataset.state === "lost") this.refresh();
    this.dataset.state = "on";
  }

  /** Gathers changes for a moment, then fetches; keeps the focus where it was. */
  refresh() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#load(), 150);
  }

  async #load() {
    if (this.#busy) return this.refresh();
    this.#busy = true;
    try {
      const answer = await fetch(this.getAttribute("src") ?? "", { headers: { "x-fragment": "1" } });
      if (!answer.ok) {
        const ended = answer.status === 404 || answer.status === 422;
        if (this.hasAttribute("reload") && ended) location.reload();
        else if (!this.topic) this.dataset.state = "lost";
        return;
      }
      if (!this.topic) this.dataset.state = "on";
      const html = await answer.text();
      if (html === this.innerHTML) return;
      const held = document.activeElement instanceof HTMLAnchorElement && this.contains(document.activeElement)
        ? document.activeElement.getAttribute("href") : null;
      this.innerHTML = html;
      if (held) this.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
    } catch {
      this.dataset.state = "lost";
    } finally {
      this.#busy = false;
    }
  }
}

customElements.define("fq-live", Live);
