// <fq-blur>: rectangles on a playing film. The table below holds what is placed; this draws it and writes into it, so that a
// person with the keyboard alone types the same numbers.

/** @typedef {{ r: number, t: number, x: number, y: number, w: number, h: number, row: HTMLTableRowElement }} Key */

/** Key points nearer than this are one moment, seconds. */
const SAME = 0.05;
const FIELDS = /** @type {const} */ (["r", "t", "x", "y", "w", "h"]);

class Blur extends HTMLElement {
  #video = /** @type {HTMLVideoElement} */ (document.createElement("video"));
  #sheet = /** @type {HTMLElement} */ (document.createElement("div"));
  /** The region that is worked on. */
  #chosen = 0;
  #frame = 0;

  connectedCallback() {
    const video = this.querySelector("video"), sheet = this.querySelector("[data-sheet]");
    if (!(video instanceof HTMLVideoElement) || !(sheet instanceof HTMLElement)) return;
    this.#video = video;
    this.#sheet = sheet;
    // With a script the sheet lies over the film, so it is played by the buttons below.
    video.removeAttribute("controls");
    sheet.hidden = false;
    this.querySelectorAll("[data-script]").forEach((e) => e.removeAttribute("hidden"));
    const seek = this.querySelector("[data-seek]");
    if (seek instanceof HTMLInputElement) seek.addEventListener("input", () => (video.currentTime = Number(seek.value)));
    sheet.addEventListener("pointerdown", (e) => this.#drag(e));
    this.addEventListener("input", () => this.#draw());
    this.addEventListener("click", (e) => {
      const b = e.target instanceof Element ? /** @type {HTMLElement | null} */ (e.target.closest("button[type=button]")) : null;
      if (b?.dataset.step) video.currentTime = Math.max(0, video.currentTime + Number(b.dataset.step));
      else if (b?.dataset.do === "play") video.paused ? video.play().catch(() => {}) : video.pause();
      else if (b?.dataset.do === "new") this.#new();
      else if (b?.dataset.do === "key") this.#now((k) => k);
      else if (b?.dataset.do === "drop") this.#drop();
    });
    video.addEventListener("error", () => this.#say("这台浏览器放不了这个影片。请换一台电脑，或者按别处看到的位置填写表格。"));
    const tick = () => {
      this.#draw();
      this.#frame = requestAnimationFrame(tick);
    };
    tick();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
  }

  /** @param {string} words */
  #say(words) {
    const out = this.querySelector("[data-says]");
    if (out && out.textContent !== words) out.textContent = words;
  }

  /** The rows that are filled in. @returns {Key[]} */
  get #keys() {
    const rows = /** @type {HTMLTableRowElement[]} */ ([...this.querySelectorAll("tbody tr")]);
    return rows.flatMap((row) => {
      const v = [...row.querySelectorAll("input")].map((i) => (i.value.trim() === "" ? NaN : Number(i.value)));
      if (v.length !== 6 || v.some(Number.isNaN)) return [];
      return [{ r: v[0], t: v[1], x: v[2], y: v[3], w: v[4], h: v[5], row }];
    });
  }

  /** Where a region is at a moment; null where it hides nothing. @param {number} r @param {number} t */
  #at(r, t) {
    const keys = this.#keys.filter((k) => k.r === r).sort((a, b) => a.t - b.t);
    if (!keys.length) return null;
    if (keys.length === 1) return keys[0];
    if (t < keys[0].t - SAME || t > keys[keys.length - 1].t + SAME) return null;
    const after = keys.find((k) => k.t >= t) ?? keys[keys.length - 1], before = keys.findLast((k) => k.t <= t) ?? keys[0];
    const part = after.t > before.t ? (t - before.t) / (after.t - before.t) : 0;
    const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * part;
    return { ...before, t, x: mix(before.x, after.x), y: mix(before.y, after.y), w: mix(before.w, after.w), h: mix(before.h, after.h) };
  }

  /** The buttons say how the film stands. */
  #clock() {
    const video = this.#video, seek = this.querySelector("[data-seek]"), time = this.querySelector("[data-time]"), play = this.querySelector("[data-do=play]");
    if (seek instanceof HTMLInputElement && document.activeElement !== seek) seek.value = String(video.currentTime);
    const says = `${video.currentTime.toFixed(2)} 秒`, word = video.paused ? "播放" : "暂停";
    if (time && time.textContent !== says) time.textContent = says;
    if (play && play.textContent !== word) play.textContent = word;
    play?.setAttribute("aria-pressed", String(!video.paused));
  }

  #draw() {
    this.#clock();
    const t = this.#video.currentTime, numbers = [...new Set(this.#keys.map((k) => k.r))].sort((a, b) => a - b);
    const boxes = /** @type {HTMLElement[]} */ ([...this.#sheet.children]);
    numbers.forEach((r, i) => {
      const box = boxes[i] ?? this.#sheet.appendChild(document.createElement("div"));
      const k = this.#at(r, t);
      box.className = `blur__box${r === this.#chosen ? " is-chosen" : ""}${this.#keys.some((x) => x.r === r && Math.abs(x.t - t) < SAME) ? " is-key" : ""}`;
      box.hidden = !k;
      box.dataset.region = String(r);
      box.textContent = String(r);
      if (k) Object.assign(box.style, { left: `${k.x}%`, top: `${k.y}%`, width: `${k.w}%`, height: `${k.h}%` });
    });
    boxes.slice(numbers.length).forEach((b) => b.remove());
    for (const k of this.#keys) k.row.classList.toggle("is-chosen", k.r === this.#chosen);
  }

  /** A pointer on the film: moves a region, pulls its corner, or draws a new one. @param {PointerEvent} e */
  #drag(e) {
    if (e.button !== 0) return;
    e.preventDefault();
    this.#video.pause();
    const area = this.#sheet.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ p) => ({ x: ((p.clientX - area.left) / area.width) * 100, y: ((p.clientY - area.top) / area.height) * 100 });
    const start = at(e);
    const box = e.target instanceof HTMLElement ? /** @type {HTMLElement | null} */ (e.target.closest("[data-region]")) : null;
    const held = box ? this.#at(Number(box.dataset.region), this.#video.currentTime) : null;
    const fresh = held ? 0 : this.#free();
    if (!held && !fresh) return this.#say("区域已经够多。请先去掉一处。");
    this.#chosen = held ? held.r : fresh;
    // The lower right corner changes the size.
    const corner = held && start.x > held.x + held.w - Math.max(2, held.w * 0.25) && start.y > held.y + held.h - Math.max(2, held.h * 0.25);
    const move = (/** @type {PointerEvent} */ p) => {
      const now = at(p), dx = now.x - start.x, dy = now.y - start.y;
      if (!held && Math.abs(dx) < 0.5 && Math.abs(dy) < 0.5) return;
      const k = !held
        ? { x: Math.min(start.x, now.x), y: Math.min(start.y, now.y), w: Math.abs(dx), h: Math.abs(dy) }
        : corner ? { x: held.x, y: held.y, w: held.w + dx, h: held.h + dy } : { x: held.x + dx, y: held.y + dy, w: held.w, h: held.h };
      this.#set(this.#chosen, this.#video.currentTime, k);
    };
    const up = () => {
      this.#sheet.removeEventListener("pointermove", move);
      this.#sheet.removeEventListener("pointerup", up);
      this.#sheet.removeEventListener("pointercancel", up);
    };
    this.#sheet.setPointerCapture(e.pointerId);
    this.#sheet.addEventListener("pointermove", move);
    this.#sheet.addEventListener("pointerup", up);
    this.#sheet.addEventListener("pointercancel", up);
  }

  /** The smallest number that no region has; 0 when all are taken. */
  #free() {
    const taken = this.#keys.map((k) => k.r);
    return Array.from({ length: 20 }, (_, i) => i + 1).find((n) => !taken.includes(n)) ?? 0;
  }

  #new() {
    const r = this.#free();
    if (!r) return this.#say("区域已经够多。请先去掉一处。");
    this.#chosen = r;
    this.#set(r, this.#video.currentTime, { x: 40, y: 40, w: 20, h: 20 });
    this.#say(`区域 ${r} 在画面中间，请拖到要遮的地方，或者改表格里的数。`);
  }

  /** A key point of the chosen region at this moment. @param {(k: { x: number, y: number, w: number, h: number }) => { x: number, y: number, w: number, h: number }} change */
  #now(change) {
    const t = this.#video.currentTime, keys = this.#keys.filter((k) => k.r === this.#chosen).sort((a, b) => a.t - b.t);
    const k = this.#at(this.#chosen, t) ?? (keys.length ? (t < keys[0].t ? keys[0] : keys[keys.length - 1]) : null);
    if (!k) return this.#say("请先点一处区域。");
    this.#set(this.#chosen, t, change(k));
    this.#say(`区域 ${this.#chosen} 在 ${t.toFixed(2)} 秒有了关键点。`);
  }

  #drop() {
    const t = this.#video.currentTime, k = this.#keys.find((x) => x.r === this.#chosen && Math.abs(x.t - t) < SAME);
    if (!k) return this.#say("此刻没有选中区域的关键点。");
    k.row.querySelectorAll("input").forEach((i) => (i.value = ""));
    this.#draw();
  }

  /** Writes a key point into the table. @param {number} r @param {number} t @param {{ x: number, y: number, w: number, h: number }} k */
  #set(r, t, k) {
    const w = Math.min(Math.max(k.w, 1), 100), h = Math.min(Math.max(k.h, 1), 100);
    const x = Math.min(Math.max(k.x, 0), 100 - w), y = Math.min(Math.max(k.y, 0), 100 - h);
    const row = this.#keys.find((o) => o.r === r && Math.abs(o.t - t) < SAME)?.row ?? this.#blank();
    if (!row) return this.#say(`关键点合计最多 ${this.dataset.most} 个。`);
    const kept = Number(row.querySelectorAll("input")[1]?.value), at = row.querySelectorAll("input")[0]?.value ? kept : t;
    // Rounded inwards: a sum above a hundred would be refused.
    const values = [r, at.toFixed(2), x.toFixed(1), y.toFixed(1), (Math.floor(w * 10) / 10).toFixed(1), (Math.floor(h * 10) / 10).toFixed(1)];
    row.querySelectorAll("input").forEach((i, n) => (i.value = String(values[n])));
    if (this.#rows.every((o) => [...o.querySelectorAll("input")].some((i) => i.value))) this.#more();
    this.#draw();
  }

  get #rows() {
    return /** @type {HTMLTableRowElement[]} */ ([...this.querySelectorAll("tbody tr")]);
  }

  #blank() {
    return this.#rows.find((row) => [...row.querySelectorAll("input")].every((i) => !i.value)) ?? this.#more();
  }

  /** One more empty row, as long as there may be one. @returns {HTMLTableRowElement | undefined} */
  #more() {
    const rows = this.#rows, last = rows.at(-1);
    if (!last || rows.length >= Number(this.dataset.most)) return undefined;
    const row = /** @type {HTMLTableRowElement} */ (last.cloneNode(true));
    row.classList.remove("is-chosen");
    row.querySelectorAll("input").forEach((i, n) => {
      i.name = `${FIELDS[n]}${rows.length}`;
      i.value = "";
      i.setAttribute("aria-label", (i.getAttribute("aria-label") ?? "").replace(/\d+/, String(rows.length + 1)));
    });
    last.after(row);
    return row;
  }
}

customElements.define("fq-blur", Blur);
