// <fq-roster>: dragging a cell of the table onto another person's cell of the same day exchanges the two. The server
// judges and answers with the whole page; without scripts the same is done by the form of a cell.

class Roster extends HTMLElement {
  connectedCallback() {
    if (this.dataset.edit !== "true") return;
    this.addEventListener("dragstart", (e) => this.#begin(e));
    this.addEventListener("dragover", (e) => this.#over(e));
    this.addEventListener("drop", (e) => this.#drop(e));
    this.addEventListener("dragend", () => this.#clear());
  }

  /** @param {Event} e */
  #cell(e) {
    const a = e.target instanceof Element ? e.target.closest("td")?.querySelector("a[data-who]") : null;
    return a instanceof HTMLElement ? a : null;
  }

  /** @param {DragEvent} e */
  #begin(e) {
    const from = this.#cell(e);
    if (!from || !e.dataTransfer) return;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", `${from.dataset.who} ${from.dataset.day}`);
    this.dataset.from = `${from.dataset.who} ${from.dataset.day}`;
  }

  /** @param {DragEvent} e */
  #over(e) {
    const to = this.#cell(e);
    const [who, day] = (this.dataset.from ?? " ").split(" ");
    this.querySelector(".is-target")?.classList.remove("is-target");
    if (!to || to.dataset.day !== day || to.dataset.who === who) return;
    e.preventDefault();
    to.closest("td")?.classList.add("is-target");
  }

  /** @param {DragEvent} e */
  #drop(e) {
    const to = this.#cell(e);
    const [who, day] = (this.dataset.from ?? " ").split(" ");
    const form = this.querySelector("form");
    if (!to || !form || to.dataset.day !== day || to.dataset.who === who) return;
    e.preventDefault();
    for (const [name, value] of [["who", who], ["day", day], ["with", to.dataset.who ?? ""]]) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = value;
    }
    form.requestSubmit();
  }

  #clear() {
    delete this.dataset.from;
    this.querySelector(".is-target")?.classList.remove("is-target");
  }
}

customElements.define("fq-roster", Roster);
