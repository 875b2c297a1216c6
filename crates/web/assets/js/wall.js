// <fq-wall>: the wall of the command room. One socket, a tile for each camera; a tile shows its own camera, and says so
// when it does not. The server decides who sees what; this only draws.
import { ListPlayer, byList } from "./hls.js";
import { Player, read, stamp } from "./player.js";

/** A picture that is older than this is not shown as if it were one of now. */
const STALE = 3000;
/** A tile without a first picture is waiting for one so long. */
const FIRST = 8000;

/** @typedef {{ id: string, name: string, main: string, small: string, group: string }} Camera */

class Tile {
  /** @param {Wall} wall @param {Camera} camera */
  constructor(wall, camera) {
    this.wall = wall;
    this.camera = camera;
    this.state = "";
    this.words = "正在接入";
    this.refused = "";
    this.began = performance.now();
    const e = (this.element = document.createElement("figure"));
    e.className = "tile";
    e.tabIndex = -1;
    e.dataset.camera = camera.id;
    e.innerHTML =
      '<video class="tile__small" muted playsinline></video><video class="tile__main" muted playsinline hidden></video>' +
      '<p class="tile__mark" aria-hidden="true"></p><p class="tile__says" role="status"></p><figcaption class="tile__name"></figcaption>';
    this.#part("tile__name").textContent = this.#part("tile__name").title = camera.name;
    const player = (/** @type {string} */ css) => {
      const video = /** @type {HTMLVideoElement} */ (e.querySelector(css));
      return byList ? new ListPlayer(video) : new Player(video);
    };
    this.small = player(".tile__small");
    this.main = player(".tile__main");
    e.addEventListener("click", () => wall.focusOn(this));
    e.addEventListener("dblclick", () => wall.enlarge(this));
  }

  /** @param {string} css */
  #part(css) {
    return /** @type {HTMLElement} */ (this.element.querySelector(`.${css}`));
  }

  /** @param {import("./player.js").Wire} m */
  take(m) {
    // By the stream's id alone: a message of another camera has no tile here.
    if (m.stream === this.camera.main && this.camera.main !== this.camera.small) this.main.take(m);
    else if (m.stream === this.camera.small) this.small.take(m);
  }

  /** The player whose picture is shown. */
  get shown() {
    const large = this.wall.large === this && this.main.shownAt > 0;
    return large ? this.main : this.small;
  }

  /** What the tile says, once a second. @param {string} mark */
  draw(mark) {
    const player = this.shown;
    const { main, small } = this;
    main.video.hidden = player !== main;
    const age = performance.now() - player.shownAt;
    const fresh = player.shownAt > 0 && (age < STALE || document.hidden);
    const well = this.state === "Live" || this.state === "NoKey" || this.state === "SuspectedFrozen";
    let says = "";
    if (this.refused) says = this.refused;
    else if (small.unsupported && !fresh) says = `码流是 ${coding(small.unsupported)}，这台浏览器放不了。请在设备上把子码流设为 H.264`;
    else if (!well && this.state) says = this.words;
    else if (!fresh && small instanceof ListPlayer && this.state) says = small.words || "正在取画面";
    else if (!fresh && (!this.state || this.state === "NoKey")) says = this.words;
    else if (!fresh) says = player.shownAt === 0 && performance.now() - this.began < FIRST ? "正在取画面" : "画面没有更新";
    else if (this.state === "SuspectedFrozen") says = this.words;
    else if (this.words.includes("·")) says = this.words.split(" · ").slice(1).join(" · ");
    const hides = Boolean(this.refused) || !fresh || !well;
    this.element.classList.toggle("tile--blank", hides);
    this.element.classList.toggle("tile--warn", !hides && says !== "");
    if (this.wall.large === this && main.unsupported && fresh) {
      says = `主码流是 ${coding(main.unsupported)}，这台浏览器放不了，显示的是子码流`;
      this.element.classList.add("tile--warn");
    }
    const now = this.#part("tile__says");
    if (now.textContent !== says) now.textContent = says;
    this.#part("tile__mark").textContent = mark;
  }

  /** Where the browser plays playlists itself: begins them, or ends what is not shown. @param {string} lists */
  play(lists) {
    const { large } = this.wall;
    for (const [player, kind, on] of /** @type {const} */ ([[this.small, "sub", !large || large === this], [this.main, "main", large === this]])) {
      if (!(player instanceof ListPlayer)) continue;
      if (on && !this.refused) player.open(`${lists}${this.camera.id}/${kind}.m3u8`);
      else player.close();
    }
  }

  close() {
    this.main.close();
    this.small.close();
    this.element.remove();
  }
}

/** @param {string} codec RFC 6381 */
function coding(codec) {
  return /^h(vc|ev)1/.test(codec) ? "H.265" : codec;
}

class Wall extends HTMLElement {
  #socket = /** @type {WebSocket | null} */ (null);
  #tiles = /** @type {Tile[]} */ ([]);
  #cameras = /** @type {Camera[]} */ ([]);
  #page = 0;
  #tour = 0;
  #over = false;
  #tries = 0;
  #timers = /** @type {number[]} */ ([]);
  large = /** @type {Tile | null} */ (null);

  connectedCallback() {
    this.grid = /** @type {HTMLElement} */ (this.querySelector("[data-grid]"));
    this.#cameras = [...this.querySelectorAll("[data-camera]")].map((b) => {
      const d = /** @type {HTMLElement} */ (b).dataset;
      return { id: d.camera ?? "", name: d.name ?? "", main: d.main ?? "", small: d.small ?? "", group: d.in ?? "" };
    });
    if (!this.#cameras.length) return;
    this.addEventListener("click", (e) => this.#clicked(e));
    this.onkey = (/** @type {KeyboardEvent} */ e) => this.#key(e);
    document.addEventListener("keydown", this.onkey);
    const first = this.#list.findIndex((c) => c.id === this.dataset.first);
    this.#page = Math.max(0, Math.floor(first / this.size));
    this.#timers.push(window.setInterval(() => this.#draw(), 500));
    this.#connect();
    this.#lay();
  }

  disconnectedCallback() {
    if (this.onkey) document.removeEventListener("keydown", this.onkey);
    this.#timers.forEach((t) => window.clearInterval(t));
    window.clearInterval(this.#tour);
    this.#over = true;
    this.#socket?.close();
    this.#tiles.forEach((t) => t.close());
  }

  get size() {
    return Number(this.dataset.size ?? 9);
  }

  /** Groups lie within each other: a group shows its own cameras and those of the groups that follow deeper. */
  get #list() {
    const g = this.dataset.group ?? "";
    if (!g) return this.#cameras;
    const buttons = [...this.querySelectorAll("[data-group-to]")].map((b) => /** @type {HTMLElement} */ (b));
    const depth = (/** @type {HTMLElement} */ b) => Number(/--(\d+)/.exec(b.className)?.[1] ?? 0);
    const at = buttons.findIndex((b) => b.dataset.groupTo === g);
    const within = new Set([g]);
    for (let i = at + 1; at >= 0 && i < buttons.length && depth(buttons[i]) > depth(buttons[at]); i += 1) within.add(buttons[i].dataset.groupTo ?? "");
    return this.#cameras.filter((c) => within.has(c.group));
  }

  get #pages() {
    return Math.max(1, Math.ceil(this.#list.length / this.size));
  }

  #connect() {
    const socket = new WebSocket(new URL(this.dataset.socket ?? "", location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#tries = 0;
      this.#note("");
      this.#ask();
    });
    socket.addEventListener("message", (e) => {
      if (typeof e.data === "string") this.#told(JSON.parse(e.data));
      else {
        const m = read(e.data);
        if (m) this.#tiles.forEach((t) => t.take(m));
      }
    });
    socket.addEventListener("close", () => {
      if (this.#over || this.#socket !== socket) return;
      this.#tries += 1;
      this.#tiles.forEach((t) => {
        t.state = "";
        t.words = "与服务器的连接断了，正在重连";
        t.small.close();
        t.main.close();
      });
      this.#note("与服务器的连接断了，正在重连。");
      window.setTimeout(() => this.isConnected && this.#connect(), Math.min(8000, 500 * 2 ** this.#tries));
    });
  }

  /** @param {any} m */
  #told(m) {
    for (const t of m.tiles ?? []) {
      for (const tile of this.#tiles.filter((x) => x.camera.id === t.camera)) {
        if (t.kind === "main" && tile.camera.main !== tile.camera.small) continue;
        tile.state = t.state;
        tile.words = t.words;
        tile.refused = "";
      }
    }
    for (const r of m.refused ?? []) {
      for (const tile of this.#tiles.filter((x) => x.camera.id === r.camera)) {
        tile.refused = r.words;
        tile.small.close();
        tile.main.close();
      }
    }
    if (m.over) {
      this.#over = true;
      this.#note(m.over);
      this.#tiles.forEach((t) => {
        t.refused = m.over;
        t.small.close();
        t.main.close();
      });
    }
  }

  /** Tells the server what is shown now. */
  #ask() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const { large } = this;
    // A camera with one stream shows that one, large or not.
    const kinds = large && large.camera.main !== large.camera.small ? ["sub", "main"] : ["sub"];
    const show = large
      ? kinds.map((stream) => ({ camera: large.camera.id, stream }))
      : this.#tiles.map((t) => ({ camera: t.camera.id, stream: "sub" }));
    if (!large) this.#tiles.forEach((t) => t.main.close());
    else this.#tiles.filter((t) => t !== large).forEach((t) => t.small.close());
    if (byList) this.#tiles.forEach((t) => t.play(this.dataset.lists ?? ""));
    this.#socket.send(JSON.stringify({ show, bits: !byList }));
  }

  /** Lays the tiles of the present page. */
  #lay() {
    const grid = this.grid;
    if (!grid) return;
    this.large = null;
    this.#page = Math.min(Math.max(0, this.#page), this.#pages - 1);
    const wanted = this.#list.slice(this.#page * this.size, (this.#page + 1) * this.size);
    const kept = this.#tiles.filter((t) => wanted.includes(t.camera));
    this.#tiles.filter((t) => !kept.includes(t)).forEach((t) => t.close());
    this.#tiles = wanted.map((c) => kept.find((t) => t.camera === c) ?? new Tile(this, c));
    grid.dataset.size = String(this.size);
    grid.replaceChildren(...this.#tiles.map((t) => t.element));
    grid.classList.remove("wall__grid--large");
    this.#tiles.forEach((t, i) => (t.element.tabIndex = i === 0 ? 0 : -1));
    // Moving an element in the page pauses its video.
    kept.forEach((t) => t.small.video.play().catch(() => {}));
    const pages = this.querySelector(".wall__pages");
    if (pages) pages.textContent = `${this.#page + 1}/${this.#pages}`;
    for (const b of this.querySelectorAll("[data-size-to]")) b.setAttribute("aria-pressed", String(Number(/** @type {HTMLElement} */ (b).dataset.sizeTo) === this.size));
    for (const b of this.querySelectorAll("[data-group-to]")) b.setAttribute("aria-pressed", String((/** @type {HTMLElement} */ (b).dataset.groupTo ?? "") === (this.dataset.group ?? "")));
    for (const b of this.querySelectorAll("[data-camera].wall__camera")) b.classList.toggle("is-shown", wanted.some((c) => c.id === /** @type {HTMLElement} */ (b).dataset.camera));
    this.#past();
    this.#ask();
    this.#draw();
  }

  /** The link to the replay opens exactly the tiles of this page. */
  #past() {
    const link = /** @type {HTMLAnchorElement | null} */ (this.querySelector("[data-replay]"));
    if (!link) return;
    const url = new URL(link.href);
    url.searchParams.set("cameras", this.#tiles.map((t) => t.camera.id).join(","));
    link.href = `${url.pathname}${url.search}`;
  }

  /** @param {Tile} tile */
  focusOn(tile) {
    this.#tiles.forEach((t) => (t.element.tabIndex = t === tile ? 0 : -1));
    tile.element.focus();
  }

  /** One tile over the whole wall with the main stream, or back. @param {Tile} tile */
  enlarge(tile) {
    this.large = this.large === tile ? null : tile;
    this.#tiles.forEach((t) => t.element.classList.toggle("tile--large", t === this.large));
    this.grid?.classList.toggle("wall__grid--large", this.large !== null);
    this.#ask();
    this.#draw();
  }

  #draw() {
    const now = stamp(new Date());
    const late = byList ? " · 手机播放，比实时晚几秒" : "";
    this.#tiles.forEach((t) => t.draw(`${this.dataset.mark ?? ""} · ${now}${late}`));
  }

  /** @param {string} words */
  #note(words) {
    const note = /** @type {HTMLElement | null} */ (this.querySelector("[data-note]"));
    if (!note) return;
    note.textContent = words;
    note.hidden = words === "";
  }

  /** @param {number} by */
  #turn(by) {
    this.#page = (this.#page + by + this.#pages) % this.#pages;
    this.#lay();
  }

  #toggleTour() {
    const button = this.querySelector("[data-do=tour]");
    const on = this.#tour === 0;
    window.clearInterval(this.#tour);
    this.#tour = 0;
    if (on) {
      const dwell = Number(/** @type {HTMLSelectElement | null} */ (this.querySelector("[data-dwell]"))?.value ?? 20);
      this.#tour = window.setInterval(() => !this.large && this.#turn(1), dwell * 1000);
    }
    button?.setAttribute("aria-pressed", String(on));
    this.#note(on && this.#pages === 1 ? "只有一页，轮巡不翻页。" : "");
  }

  get #current() {
    return this.large ?? this.#tiles.find((t) => t.element === document.activeElement) ?? this.#tiles.find((t) => t.element.tabIndex === 0) ?? this.#tiles[0];
  }

  /** Stands in the register first; the mark is burnt into the picture. */
  async #snapshot() {
    const tile = this.#current;
    if (!tile || tile.element.classList.contains("tile--blank")) return this.#note("这一格现在没有画面，不能截图。");
    try {
      const answer = await fetch(this.dataset.snapshot ?? "", {
        method: "POST",
        headers: { "x-fragment": "1", accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ camera: tile.camera.id }),
      });
      if (!answer.ok) return this.#note((await answer.json().catch(() => null))?.says ?? "登记没有写进去，没有截图。");
    } catch {
      return this.#note("登记没有写进去，没有截图。");
    }
    const video = tile.shown.video;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const c = canvas.getContext("2d");
    if (!c) return;
    c.drawImage(video, 0, 0);
    const size = Math.max(12, Math.round(canvas.height / 24));
    c.font = `${size}px sans-serif`;
    c.lineWidth = 3;
    const at = new Date();
    [`${tile.camera.name} ${stamp(at)}`, this.dataset.mark ?? ""].forEach((line, i) => {
      const y = canvas.height - size * (0.6 + 1.3 * (1 - i));
      c.strokeStyle = "#000";
      c.strokeText(line, size / 2, y, canvas.width - size);
      c.fillStyle = "#fff";
      c.fillText(line, size / 2, y, canvas.width - size);
    });
    canvas.toBlob((blob) => {
      if (!blob) return;
      const a = document.createElement("a");
      a.href = URL.createObjectURL(blob);
      a.download = `${tile.camera.name}-${at.toISOString().replace(/[:.]/g, "")}.png`;
      a.click();
      window.setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
      this.#note(`已截图并记入登记：${tile.camera.name}`);
    });
  }

  /** @param {Event} e */
  #clicked(e) {
    const b = e.target instanceof Element ? /** @type {HTMLElement | null} */ (e.target.closest("button")) : null;
    if (!b) return;
    const d = b.dataset;
    if (d.sizeTo) this.#resize(Number(d.sizeTo));
    else if (d.groupTo !== undefined) {
      this.dataset.group = d.groupTo;
      this.#page = 0;
      this.#lay();
    } else if (d.camera) {
      this.dataset.group = this.#list.some((c) => c.id === d.camera) ? (this.dataset.group ?? "") : "";
      this.#page = Math.floor(this.#list.findIndex((c) => c.id === d.camera) / this.size);
      this.#lay();
      const tile = this.#tiles.find((t) => t.camera.id === d.camera);
      if (tile) this.focusOn(tile);
    } else if (d.do === "on") this.#turn(1);
    else if (d.do === "back") this.#turn(-1);
    else if (d.do === "tour") this.#toggleTour();
    else if (d.do === "snapshot") this.#snapshot();
    else if (d.do === "keys") {
      const keys = /** @type {HTMLElement | null} */ (this.querySelector(".wall__keys"));
      if (keys) keys.hidden = !keys.hidden;
      b.setAttribute("aria-expanded", String(!keys?.hidden));
    }
  }

  /** @param {number} size */
  #resize(size) {
    const first = this.#page * this.size;
    this.dataset.size = String(size);
    this.#page = Math.floor(first / size);
    this.#lay();
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const on = document.activeElement;
    const inField = on instanceof HTMLInputElement || on instanceof HTMLSelectElement || on instanceof HTMLTextAreaElement;
    if (e.ctrlKey || e.metaKey || e.altKey || inField) return;
    const onButton = on instanceof HTMLButtonElement || on instanceof HTMLAnchorElement;
    const side = Math.sqrt(this.size);
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side }[e.key];
    const sizes = /** @type {Record<string, number>} */ ({ 1: 1, 4: 4, 9: 9, 6: 16 });
    if (move !== undefined) {
      const at = this.#tiles.indexOf(this.#current);
      const next = this.#tiles[at + move];
      if (next && !this.large) this.focusOn(next);
    } else if (sizes[e.key]) this.#resize(sizes[e.key]);
    else if (e.key === "Enter" && !onButton && this.#current) this.enlarge(this.#current);
    else if (e.key === "Escape" && this.large) this.enlarge(this.large);
    else if (e.key === "PageDown") this.#turn(1);
    else if (e.key === "PageUp") this.#turn(-1);
    else if (e.key === " " && !onButton) this.#toggleTour();
    else if (e.key === "s" || e.key === "S") this.#snapshot();
    else return;
    e.preventDefault();
  }
}

customElements.define("fq-wall", Wall);
