// <fq-replay>: recordings of up to sixteen cameras on one slider. One clock leads; each tile fetches the groups of
// pictures that it needs and is held at the clock's moment, or says that nothing was recorded then.
import { ListPlayer, byList, list } from "./hls.js";
import { Player, read, stamp } from "./player.js";

const MOST = 16;
/** Seconds that are fetched ahead. */
const AHEAD = 6;
/** Seconds that a tile may be away from the clock before it is set right. */
const AWAY = 0.35;
/** What one playlist holds before and after the clock where the browser plays playlists itself, milliseconds. */
const LIST = [60_000, 600_000];
/** Length of an export whose end nobody chose, milliseconds. */
const EXPORT = 60_000;

class Tile {
  #busy = false;
  #next = 0;
  #last = 0;
  #wall = 0;
  /** @type {{ from: number, to: number }[]} */ #missing = [];
  #init = "";
  /** The playlist that is played, with its span. @type {{ from: number, to: number, list: import("./hls.js").List | null } | null} */ #list = null;
  words = "正在取录像";

  /** @param {Replay} replay @param {DOMStringMap} d */
  constructor(replay, d) {
    this.replay = replay;
    this.id = d.camera ?? "";
    this.large = false;
    /** There is a sub stream beside the main one. */
    this.two = d.small !== d.main;
    /** The main stream's codec that this browser cannot show: the sub stream is shown in its place. */
    this.fell = "";
    const e = (this.element = document.createElement("figure"));
    e.className = "tile";
    e.dataset.camera = this.id;
    e.tabIndex = 0;
    e.innerHTML = '<video muted playsinline></video><p class="tile__mark" aria-hidden="true"></p><p class="tile__says" role="status"></p><figcaption class="tile__name"></figcaption>';
    const name = /** @type {HTMLElement} */ (e.querySelector(".tile__name"));
    name.textContent = name.title = d.name ?? "";
    const video = /** @type {HTMLVideoElement} */ (e.querySelector("video"));
    this.player = byList ? new ListPlayer(video) : new Player(video);
    this.player.live = false;
    e.addEventListener("dblclick", () => replay.enlarge(this));
    e.addEventListener("keydown", (k) => k.key === "Enter" && replay.enlarge(this));
  }

  /** The clock jumped: what is kept may not do. */
  reset() {
    this.player.close();
    this.#list = null;
    this.player.unsupported = "";
    this.#init = "";
    this.#last = 0;
    this.#next = 0;
    this.#missing = [];
    this.#wall += 1;
    this.words = "正在取录像";
  }

  get stream() {
    return this.large && !this.fell ? "main" : "sub";
  }

  /** @param {number} now */
  #isMissing(now) {
    return this.#missing.some((g) => g.from <= now && now < g.to);
  }

  /** Holds the tile at the clock. @param {number} now wall-clock milliseconds */
  hold(now) {
    const { replay, player } = this;
    const video = player.video;
    if (player instanceof ListPlayer) {
      this.#holdList(player, now);
      return;
    }
    if (this.#init && player.closed && !player.unsupported) this.reset();
    if (this.stream === "main" && player.unsupported && this.two) {
      this.fell = player.unsupported;
      this.reset();
    }
    const held = player.holds((now - replay.origin) / 1000);
    const t = held ?? 0;
    const there = held !== null;
    if (there) {
      if (Math.abs(video.currentTime - t) > AWAY * Math.max(1, replay.rate)) video.currentTime = t;
      video.playbackRate = replay.rate;
      if (replay.playing && video.paused) video.play().catch(() => {});
      if (!replay.playing && !video.paused) video.pause();
      if (!replay.playing && Math.abs(video.currentTime - t) > 0.05) video.currentTime = t;
    } else if (!video.paused) video.pause();
    const says = there ? (this.fell ? `主码流是 ${coding(this.fell)}，这台浏览器放不了，显示的是子码流` : "") : player.unsupported ? `录像是 ${coding(player.unsupported)}，这台浏览器放不了，可以导出` : this.#isMissing(now) ? "这一刻没有录像" : this.words;
    const now_says = /** @type {HTMLElement} */ (this.element.querySelector(".tile__says"));
    if (now_says.textContent !== says) now_says.textContent = says;
    this.element.classList.toggle("tile--blank", !there);
    this.element.classList.toggle("tile--warn", there && says !== "");
    if (!this.#busy && !player.unsupported && !this.#isMissing(now) && (!there || (this.#next && this.#next < now + AHEAD * 1000 * Math.max(1, replay.rate)))) this.#fetch(there ? this.#next : now, there);
  }

  /** The same by a playlist. @param {ListPlayer} player @param {number} now */
  #holdList(player, now) {
    const { replay } = this;
    const { video } = player;
    const t = this.#list?.list?.find(now) ?? null;
    const there = t !== null && video.readyState >= 2;
    if (t !== null && Math.abs(video.currentTime - t) > (replay.playing ? AWAY * Math.max(1, replay.rate) : 0.05) && !video.seeking) video.currentTime = t;
    if (there) {
      video.playbackRate = replay.rate;
      if (replay.playing && video.paused) video.play().catch(() => {});
    }
    if ((!there || !replay.playing) && !video.paused) video.pause();
    const says = there ? "" : t !== null ? player.words || this.words : this.#list?.list ? "这一刻没有录像" : this.words;
    const now_says = /** @type {HTMLElement} */ (this.element.querySelector(".tile__says"));
    if (now_says.textContent !== says) now_says.textContent = says;
    this.element.classList.toggle("tile--blank", !there);
    // The list ends before what is wanted soon, or was never had.
    const held = this.#list;
    const short = !held || now < held.from || (now > held.to - 10_000 && held.to < (replay.to ?? 0) - 1000) || (t === null && held.to < now + 1000);
    if (short && !this.#busy && performance.now() > this.#next) this.#fetchList(player, now);
  }

  /** @param {ListPlayer} player @param {number} now */
  async #fetchList(player, now) {
    this.#busy = true;
    const round = this.#wall;
    const [from, to] = [Math.round(now - LIST[0]), Math.round(Math.min(now + LIST[1], this.replay.to ?? now))];
    const url = `/video/hls/replay/${this.replay.watch}/${this.id}/${this.stream}.m3u8?${new URLSearchParams({ from: String(from), to: String(to) })}`;
    const got = await list(url);
    this.#busy = false;
    this.#next = performance.now() + 3000;
    if (round !== this.#wall) return;
    this.words = got.words || "正在取录像";
    if (!got.list) return;
    this.#list = { from, to, list: got.list };
    if (!got.list.empty) player.open(url);
  }

  /** @param {number} at @param {boolean} follows */
  async #fetch(at, follows) {
    this.#busy = true;
    const round = this.#wall;
    try {
      const q = new URLSearchParams({ watch: this.replay.watch, camera: this.id, stream: this.stream, at: String(Math.round(at)), origin: String(this.replay.origin) });
      if (follows && this.#last) q.set("after", String(this.#last));
      const answer = await fetch(`/video/replay/piece?${q}`, { headers: { "x-fragment": "1", accept: "application/json" } });
      if (round !== this.#wall) return;
      if (answer.status === 204) {
        this.#missing.push({ from: at, to: Number.MAX_SAFE_INTEGER });
        return;
      }
      if (!answer.ok) {
        this.words = (await answer.json().catch(() => null))?.says ?? "录像取不出来";
        this.#missing = [];
        await new Promise((r) => window.setTimeout(r, 2000));
        return;
      }
      const [from, to] = [Number(answer.headers.get("x-from")), Number(answer.headers.get("x-to"))];
      const data = await answer.arrayBuffer();
      if (round !== this.#wall) return;
      if (from > at + 300) this.#missing.push({ from: at, to: from });
      this.#last = from;
      this.#next = to;
      const view = new DataView(data);
      for (let i = 0; i + 4 <= data.byteLength; ) {
        const n = view.getUint32(i);
        const m = read(data.slice(i + 4, i + 4 + n));
        i += 4 + n;
        if (!m) continue;
        if (m.kind === 1) {
          const key = m.body.join(",");
          if (key === this.#init) continue;
          this.#init = key;
        }
        this.player.take(m);
      }
    } catch {
      this.words = "与服务器的连接断了，正在重试";
      await new Promise((r) => window.setTimeout(r, 1500));
    } finally {
      this.#busy = false;
    }
  }

  close() {
    this.#wall += 1;
    this.player.close();
    this.element.remove();
  }
}

/** @param {string} codec RFC 6381 */
function coding(codec) {
  return /^h(vc|ev)1/.test(codec) ? "H.265" : codec;
}

class Replay extends HTMLElement {
  #tiles = /** @type {Tile[]} */ ([]);
  #timer = 0;
  #then = 0;
  now = 0;
  playing = false;
  rate = 1;
  watch = "";
  origin = 0;
  /** The span of the export, once an edge was chosen. @type {{ from: number, to: number } | null} */ span = null;

  connectedCallback() {
    this.watch = this.dataset.watch ?? "";
    this.from = Number(this.dataset.from);
    this.to = Number(this.dataset.to);
    // Groups begin before the moment asked for.
    this.origin = this.from - 120_000;
    this.now = Number(this.dataset.at);
    this.slider = /** @type {HTMLInputElement} */ (this.querySelector("[data-slider]"));
    this.slider?.addEventListener("input", () => this.#seek(Number(this.slider?.value)));
    this.addEventListener("change", (e) => {
      if (e.target instanceof HTMLInputElement && e.target.dataset.camera) this.#choose(e.target);
      if (e.target instanceof HTMLSelectElement && e.target.dataset.rate !== undefined) this.rate = Number(e.target.value);
    });
    this.addEventListener("click", (e) => {
      if (e.target instanceof Element && e.target.closest("[data-export]")) this.#exports();
      const b = e.target instanceof Element ? /** @type {HTMLElement | null} */ (e.target.closest("button")) : null;
      if (b?.dataset.step) this.#seek(this.now + Number(b.dataset.step), true);
      else if (b?.dataset.jump) this.#seek(Number(b.dataset.jump));
      else if (b?.dataset.do === "play") this.#play(!this.playing);
      else if (b?.dataset.edge) this.#edge(b.dataset.edge === "from");
    });
    this.key = (/** @type {KeyboardEvent} */ e) => {
      const on = document.activeElement;
      if (e.ctrlKey || e.metaKey || e.altKey || on instanceof HTMLInputElement || on instanceof HTMLSelectElement || on instanceof HTMLButtonElement || on instanceof HTMLAnchorElement) return;
      const step = /** @type {Record<string, number>} */ ({ ArrowLeft: -1000, ArrowRight: 1000, PageUp: -60_000, PageDown: 60_000, ",": -40, ".": 40 })[e.key];
      if (step) this.#seek(this.now + step, true);
      else if (e.key === " ") this.#play(!this.playing);
      else if (e.key === "[" || e.key === "]") this.#edge(e.key === "[");
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", this.key);
    this.#lay();
    this.#then = performance.now();
    this.#timer = window.setInterval(() => this.#tick(), 100);
  }

  disconnectedCallback() {
    window.clearInterval(this.#timer);
    if (this.key) document.removeEventListener("keydown", this.key);
    this.#tiles.forEach((t) => t.close());
  }

  get #boxes() {
    return /** @type {HTMLInputElement[]} */ ([...this.querySelectorAll("input[data-camera]")]);
  }

  /** @param {HTMLInputElement} box */
  #choose(box) {
    const note = /** @type {HTMLElement | null} */ (this.querySelector("[data-note]"));
    const many = this.#boxes.filter((b) => b.checked).length;
    if (many > MOST) box.checked = false;
    if (note) {
      note.hidden = many <= MOST;
      note.textContent = many > MOST ? `最多同时看 ${MOST} 台，请先去掉一台。` : "";
    }
    this.#lay();
  }

  #lay() {
    const grid = /** @type {HTMLElement | null} */ (this.querySelector("[data-grid]"));
    const wanted = this.#boxes.filter((b) => b.checked);
    if (!grid || !this.#boxes.length) return;
    const kept = this.#tiles.filter((t) => wanted.some((b) => b.dataset.camera === t.id));
    this.#tiles.filter((t) => !kept.includes(t)).forEach((t) => t.close());
    this.#tiles = wanted.map((b) => kept.find((t) => t.id === b.dataset.camera) ?? new Tile(this, b.dataset));
    grid.dataset.size = String([1, 4, 9, 16].find((n) => n >= this.#tiles.length) ?? 16);
    grid.replaceChildren(...this.#tiles.map((t) => t.element));
    grid.classList.toggle("wall__grid--large", this.#tiles.some((t) => t.large));
    // Another moment of the same cameras.
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector("[data-cameras]"));
    if (field) field.value = this.#tiles.map((t) => t.id).join(",");
    this.#exports();
    this.#line();
  }

  /** The span of an export begins or ends at the clock. @param {boolean} begins */
  #edge(begins) {
    if (!this.querySelector("[data-export]")) return;
    const now = Math.round(this.now / 1000) * 1000;
    let { from, to } = this.span ?? { from: now, to: now + EXPORT };
    if (begins) [from, to] = [now, this.span && to > now ? to : now + EXPORT];
    else [from, to] = [this.span && from < now ? from : now - EXPORT, now];
    this.span = { from, to: Math.min(to, Date.now()) };
    this.#exports();
    this.#line();
  }

  /** The link to the export says what is chosen: cameras on the wall, and the span. */
  #exports() {
    const link = /** @type {HTMLAnchorElement | null} */ (this.querySelector("[data-export]"));
    if (!link) return;
    const { from, to } = this.span ?? { from: Math.round(this.now / 1000) * 1000, to: Math.min(Math.round(this.now / 1000) * 1000 + EXPORT, Date.now()) };
    link.href = `/video/exports?${new URLSearchParams({ watch: this.watch, cameras: this.#tiles.map((t) => t.id).join(","), from: String(from), until: String(to) })}`;
    const clock = (/** @type {number} */ ms) => new Date(ms).toLocaleTimeString("zh-CN", { hour12: false });
    const out = this.querySelector("[data-edges]");
    if (out && this.span) out.textContent = `${clock(from)} 至 ${clock(to)}，${this.#tiles.length} 台`;
  }

  /** One tile over all with its main stream, or back. @param {Tile} tile */
  enlarge(tile) {
    for (const t of this.#tiles) {
      const large = t === tile && !t.large;
      if (t.large !== large) {
        t.large = large;
        t.fell = "";
        t.reset();
      }
      t.element.classList.toggle("tile--large", t.large);
    }
    this.querySelector("[data-grid]")?.classList.toggle("wall__grid--large", this.#tiles.some((t) => t.large));
  }

  /** Where there are recordings. */
  async #line() {
    const track = /** @type {HTMLElement | null} */ (this.querySelector("[data-track]"));
    if (!track || !this.from || !this.to) return;
    const cameras = this.#tiles.map((t) => t.id).join(",");
    const rows = cameras ? await fetch(`/video/replay/line?${new URLSearchParams({ watch: this.watch, cameras, from: String(this.from), to: String(this.to) })}`).then((a) => (a.ok ? a.json() : [])).catch(() => []) : [];
    const width = this.to - this.from;
    const at = (/** @type {number} */ ms) => `${Math.min(100, Math.max(0, ((ms - (this.from ?? 0)) / width) * 100))}%`;
    const lines = rows.map((/** @type {{ spans: [number, number][] }} */ r) => {
      const line = document.createElement("div");
      line.className = "replay__row";
      for (const [from, to] of r.spans) {
        const bar = document.createElement("i");
        bar.style.left = at(from);
        bar.style.right = `calc(100% - ${at(to)})`;
        line.append(bar);
      }
      return line;
    });
    const marks = [...this.querySelectorAll("[data-jump]")].map((b) => Number(/** @type {HTMLElement} */ (b).dataset.jump)).filter((ms) => ms >= (this.from ?? 0) && ms <= (this.to ?? 0)).map((ms) => {
      const m = document.createElement("b");
      m.style.left = at(ms);
      return m;
    });
    if (this.span) {
      const chosen = document.createElement("u");
      chosen.style.left = at(this.span.from);
      chosen.style.right = `calc(100% - ${at(this.span.to)})`;
      marks.push(chosen);
    }
    track.replaceChildren(...lines, ...marks);
  }

  /** @param {number} ms @param {boolean} [near] */
  #seek(ms, near = false) {
    const to = Math.min(Math.max(ms, this.from ?? ms), this.to ?? ms);
    const far = Math.abs(to - this.now) > 15_000 || (!near && to < this.now);
    this.now = to;
    if (far) this.#tiles.forEach((t) => t.reset());
    if (!this.span) this.#exports();
    this.#tick();
  }

  /** @param {boolean} on */
  #play(on) {
    this.playing = on;
    const b = this.querySelector("[data-do=play]");
    b?.setAttribute("aria-pressed", String(on));
    if (b) b.textContent = on ? "暂停" : "播放";
  }

  #tick() {
    const t = performance.now();
    if (this.playing) this.now = Math.min(this.now + (t - this.#then) * this.rate, this.to ?? this.now);
    this.#then = t;
    if (this.playing && this.now >= (this.to ?? 0)) this.#play(false);
    if (this.slider && document.activeElement !== this.slider) this.slider.value = String(this.now);
    const out = this.querySelector("[data-now]");
    const shown = stamp(new Date(this.now));
    if (out && out.textContent !== shown) out.textContent = shown;
    for (const tile of this.#tiles) {
      tile.hold(this.now);
      /** @type {HTMLElement} */ (tile.element.querySelector(".tile__mark")).textContent = `${this.dataset.mark ?? ""} · ${shown}`;
    }
  }
}

customElements.define("fq-replay", Replay);
