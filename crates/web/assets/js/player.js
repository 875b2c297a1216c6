// One video element fed with the messages of the live socket or of a replay (crates/media/src/wire.rs): init segments
// and fragments into media source extensions. What this browser cannot show is said, never guessed.

/** Seconds behind the newest picture before a live picture is brought forward. */
const LATE = 2.5;
/** Frames that a live picture stays behind the newest one: the one that is shown, and one that may be late. */
const BEHIND = 2;
/** Seconds of past pictures that are kept. */
const PAST = 12;
/** Messages that may wait to be appended. */
const WAITING = 200;

/** @typedef {{ stream: string, kind: number, body: Uint8Array }} Wire */

/** @param {ArrayBuffer} data @returns {Wire | null} */
export function read(data) {
  const b = new Uint8Array(data);
  if (b.length < 18 || b[0] !== 1) return null;
  const hex = [...b.subarray(2, 18)].map((x) => x.toString(16).padStart(2, "0")).join("");
  const stream = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { stream, kind: b[1], body: b.subarray(18) };
}

/** A moment as the server's pages write it: `2026-11-28 03:00:46`. @param {Date} at */
export function stamp(at) {
  return at.toLocaleString("sv-SE");
}

export class Player {
  #source = /** @type {MediaSource | null} */ (null);
  #buffer = /** @type {SourceBuffer | null} */ (null);
  #queue = /** @type {Uint8Array[]} */ ([]);
  #wantsKey = true;
  #url = "";
  /** The init of the present pictures: a live player whose element gave up begins with it anew. */
  #head = /** @type {Uint8Array | null} */ (null);
  /** Seconds that a frame lasts. */
  #step = 0.04;
  /** Pictures that were really presented, and when the last one was. */
  frames = 0;
  shownAt = 0;
  /** A codec that this browser cannot show. */
  unsupported = "";
  /** A replay sets the moment itself; a live picture stays near its newest. */
  live = true;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    video.muted = true;
    video.playsInline = true;
    const count = () => {
      this.frames += 1;
      this.shownAt = performance.now();
      if (this.video) video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
    video.addEventListener("error", () => this.#source && this.#fail());
  }

  /** @param {Wire} m */
  take(m) {
    if (m.kind === 1) this.#init(m.body);
    else if (m.kind === 2 || m.kind === 3) this.#fragment(m.kind === 2, m.body);
    else if (m.kind === 4) this.#wantsKey = true;
  }

  /** @param {Uint8Array} body */
  #init(body) {
    const n = body[0];
    const codec = new TextDecoder().decode(body.subarray(1, 1 + n));
    const type = `video/mp4; codecs="${codec}"`;
    this.close();
    this.#head = body;
    if (!("MediaSource" in window) || !MediaSource.isTypeSupported(type)) {
      this.unsupported = codec;
      return;
    }
    this.unsupported = "";
    this.#queue = [body.slice(1 + n)];
    const source = (this.#source = new MediaSource());
    source.addEventListener("sourceopen", () => {
      if (this.#source !== source) return;
      this.#buffer = source.addSourceBuffer(type);
      this.#buffer.addEventListener("updateend", () => this.#pump());
      this.#buffer.addEventListener("error", () => this.#fail());
      this.#pump();
    });
    this.#url = URL.createObjectURL(source);
    this.video.src = this.#url;
  }

  /** @param {boolean} key @param {Uint8Array} bytes */
  #fragment(key, bytes) {
    if (!this.#source && this.live && key && this.#head && !this.unsupported) this.#init(this.#head);
    if (!this.#source || (this.#wantsKey && !key)) return;
    this.#wantsKey = false;
    // The first frame's duration stands behind `prft`, `moof` and the head of `trun` (crates/media/src/fmp4.rs).
    if (this.live && bytes.length > 124 && bytes[4] === 0x70) {
      const ticks = new DataView(bytes.buffer, bytes.byteOffset).getUint32(120);
      if (ticks > 900 && ticks < 45000) this.#step = ticks / 90000;
    }
    if (this.#queue.length > WAITING) {
      // This browser does not keep up: it goes on at the next key frame.
      this.#queue = [];
      this.#wantsKey = true;
      return;
    }
    this.#queue.push(bytes);
    this.#pump();
  }

  #pump() {
    const b = this.#buffer;
    if (!b || b.updating || this.#source?.readyState !== "open") return;
    try {
      const v = this.video;
      if (b.buffered.length) {
        const start = b.buffered.start(0);
        const past = this.live ? PAST : PAST * 4;
        if (v.currentTime - start > past * 2) {
          b.remove(start, v.currentTime - past);
          return;
        }
      }
      if (this.#queue.length) {
        const all = this.#queue.splice(0);
        const whole = new Uint8Array(all.reduce((n, x) => n + x.length, 0));
        let at = 0;
        for (const x of all) {
          whole.set(x, at);
          at += x.length;
        }
        b.appendBuffer(whole);
        return;
      }
      if (this.live) this.#follow(b);
    } catch {
      // The element's buffer is full or was taken away.
      this.#fail();
    }
  }

  /** What the element holds cannot be played (packets were lost): a live picture begins again at the next key frame. */
  #fail() {
    const head = this.#head;
    this.close();
    this.#head = head;
  }

  /** Keeps a live picture near the newest one. @param {SourceBuffer} b */
  #follow(b) {
    const v = this.video;
    const n = b.buffered.length;
    if (!n) return;
    const [start, end] = [b.buffered.start(n - 1), b.buffered.end(n - 1)];
    const behind = end - v.currentTime;
    const aim = this.#step * BEHIND;
    if (v.currentTime < start || behind > LATE || behind < 0) v.currentTime = Math.max(start, end - aim);
    // There is no sound that would be heard: a picture that is late is played a little faster until it is not.
    else v.playbackRate = behind > 1 ? 1.5 : behind > aim * 2 ? 1.2 : behind > aim * 1.4 ? 1.06 : behind < aim * 0.6 ? 0.94 : 1;
    if (v.paused) v.play().catch(() => {});
  }

  /**
   * The moment at which the element holds the picture of `t`; null where it holds none. Between two files there may be a
   * breath without a picture: the next one stands for it, as a browser waits for ever at a moment that it does not hold.
   * @param {number} t
   */
  holds(t) {
    const b = this.video.buffered;
    for (let i = 0; i < b.length; i += 1) if (b.start(i) - 0.15 <= t && t < b.end(i)) return Math.max(t, b.start(i));
    return null;
  }

  /** Whether it has nothing to show and awaits an init. */
  get closed() {
    return this.#source === null;
  }

  /** Everything is let go; the element shows nothing, least of all an old picture. */
  close() {
    this.#buffer = null;
    this.#source = null;
    this.#head = null;
    this.#queue = [];
    this.#wantsKey = true;
    this.shownAt = 0;
    if (this.#url) {
      URL.revokeObjectURL(this.#url);
      this.#url = "";
      this.video.removeAttribute("src");
      this.video.load();
    }
  }
}
