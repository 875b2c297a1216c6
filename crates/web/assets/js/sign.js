// <fq-sign name="drawn" label="…">: a pad to sign on with pen, finger or mouse. Sends a PNG in a hidden field.
// By keyboard the form's file field beside it does the same.

class Sign extends HTMLElement {
  /** @type {CanvasRenderingContext2D | null} */ #ink = null;
  /** @type {HTMLInputElement | null} */ #field = null;
  #down = false;

  connectedCallback() {
    const label = this.getAttribute("label") ?? "";
    const canvas = document.createElement("canvas");
    canvas.width = 660;
    canvas.height = 220;
    canvas.className = "sign__pad";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${label}：用笔、手指或者鼠标书写；用键盘的请在下面上传签名图片`);
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = this.getAttribute("name") ?? "drawn";
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "button button--small";
    clear.textContent = "清除重写";
    clear.addEventListener("click", () => this.#clear());
    const caption = document.createElement("p");
    caption.className = "field__label";
    caption.textContent = label;
    this.append(caption, canvas, field, clear);
    this.#field = field;
    this.#ink = canvas.getContext("2d");
    if (this.#ink) {
      this.#ink.lineWidth = 4;
      this.#ink.lineCap = "round";
      this.#ink.lineJoin = "round";
      this.#ink.strokeStyle = "#10203a";
    }
    canvas.addEventListener("pointerdown", (e) => this.#start(e));
    canvas.addEventListener("pointermove", (e) => this.#move(e));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) canvas.addEventListener(end, () => this.#end());
  }

  /** @param {PointerEvent} e */
  #at(e) {
    const canvas = /** @type {HTMLCanvasElement} */ (e.currentTarget);
    const box = canvas.getBoundingClientRect();
    return [((e.clientX - box.left) * canvas.width) / box.width, ((e.clientY - box.top) * canvas.height) / box.height];
  }

  /** @param {PointerEvent} e */
  #start(e) {
    e.preventDefault();
    this.#down = true;
    const [x, y] = this.#at(e);
    this.#ink?.beginPath();
    this.#ink?.moveTo(x, y);
  }

  /** @param {PointerEvent} e */
  #move(e) {
    if (!this.#down) return;
    const [x, y] = this.#at(e);
    this.#ink?.lineTo(x, y);
    this.#ink?.stroke();
  }

  #end() {
    if (!this.#down) return;
    this.#down = false;
    const canvas = this.querySelector("canvas");
    if (canvas && this.#field) this.#field.value = canvas.toDataURL("image/png");
  }

  #clear() {
    const canvas = this.querySelector("canvas");
    if (canvas) this.#ink?.clearRect(0, 0, canvas.width, canvas.height);
    if (this.#field) this.#field.value = "";
  }
}

customElements.define("fq-sign", Sign);
