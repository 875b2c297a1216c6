// Where a browser has no media source extensions (iPhone), its own player is given playlists of the same fragments
// (crates/video/src/hls.rs): live some seconds behind, a replay as a closed list that this file maps to the clock.

/** Whether this browser must be given playlists. */
export const byList = !("MediaSource" in window) && document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";

/** Milliseconds before a list that failed is asked for again. */
const AGAIN = 3000;

/** A video element fed by the browser itself, to the wall the same as a Player. */
export class ListPlayer {
  #url = "";
  #timer = 0;
  frames = 0;
  shownAt = 0;
  unsupported = "";
  live = true;
  /** What the server said instead of a playlist. */
  words = "";

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    video.muted = true;
    video.playsInline = true;
    const shown = () => {
      if (!this.#url) return;
      this.frames += 1;
      this.shownAt = performance.now();
    };
    if ("requestVideoFrameCallback" in video) {
      const count = () => {
        shown();
        video.requestVideoFrameCallback(count);
      };
      video.requestVideoFrameCallback(count);
    } else video.addEventListener("timeupdate", shown);
    video.addEventListener("error", () => this.#failed());
  }

  /** Messages of the socket hold no pictures here. */
  take() {}

  get closed() {
    return this.#url === "";
  }

  /** @param {string} url */
  open(url) {
    if (url === this.#url) return;
    this.close();
    this.#url = url;
    this.video.src = url;
    if (this.live) this.video.play().catch(() => {});
  }

  /** The element only says that it failed; the server says why. */
  async #failed() {
    const url = this.#url;
    if (!url) return;
    this.words = await fetch(url, { headers: { "x-fragment": "1", accept: "application/json" } })
      .then(async (a) => (a.ok ? "" : ((await a.json().catch(() => null))?.says ?? "画面取不出来")))
      .catch(() => "与服务器的连接断了，正在重试");
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      if (this.#url !== url) return;
      this.#url = "";
      this.open(url);
    }, AGAIN);
  }

  close() {
    window.clearTimeout(this.#timer);
    this.shownAt = 0;
    this.words = "";
    if (!this.#url) return;
    this.#url = "";
    this.video.removeAttribute("src");
    this.video.load();
  }
}

/** The segments of a closed playlist: when each was, and where it stands in the film, seconds. */
export class List {
  /** @type {{ wall: number, at: number, length: number }[]} */ #parts = [];

  /** @param {string} text */
  constructor(text) {
    let [wall, at] = [0, 0];
    for (const line of text.split("\n")) {
      if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) wall = Date.parse(line.slice(25));
      else if (line.startsWith("#EXTINF:")) {
        const length = Number.parseFloat(line.slice(8));
        this.#parts.push({ wall, at, length });
        at += length;
      }
    }
  }

  get empty() {
    return this.#parts.length === 0;
  }

  /** Where the picture of a moment stands; null where nothing was recorded. @param {number} now wall-clock milliseconds */
  find(now) {
    const p = this.#parts.findLast((x) => x.wall <= now);
    if (!p || now >= p.wall + p.length * 1000 + 300) return null;
    return p.at + Math.min((now - p.wall) / 1000, p.length - 0.01);
  }
}

/** What a fetched list says, or the words why there is none. @param {string} url @returns {Promise<{ list: List | null, words: string }>} */
export async function list(url) {
  try {
    const answer = await fetch(url, { headers: { "x-fragment": "1", accept: "application/json" } });
    if (answer.ok) return { list: new List(await answer.text()), words: "" };
    if (answer.status === 404) return { list: new List(""), words: "" };
    return { list: null, words: (await answer.json().catch(() => null))?.says ?? "录像取不出来" };
  } catch {
    return { list: null, words: "与服务器的连接断了，正在重试" };
  }
}
