// Runs before each page's own scripts: notes when a frame arrived at the server (the prft box of its fragment), and when
// the browser presented it (requestVideoFrameCallback).
(() => {
  const b = (window.bench = { walls: new Map(), late: [], on: false });
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...a) {
      super(...a);
      this.addEventListener("message", (e) => typeof e.data !== "string" && b.take(new DataView(e.data)));
    }
  };
  // Head of the message 18 bytes, prft 32, then moof whose trun begins at 118 (crates/media/src/fmp4.rs).
  b.take = (d) => {
    if (d.byteLength < 154 || (d.getUint8(1) !== 2 && d.getUint8(1) !== 3) || d.getUint32(22) !== 0x70726674) return;
    let id = "";
    for (let i = 2; i < 18; i += 1) id += d.getUint8(i).toString(16).padStart(2, "0");
    const wall = (d.getUint32(34) - 2208988800) * 1000 + (d.getUint32(38) * 1000) / 2 ** 32;
    const pts = Number(d.getBigUint64(42)) + d.getInt32(150);
    if (b.walls.size > 200000) b.walls.clear();
    b.walls.set(`${id}/${Math.round(pts / 90)}`, wall);
  };
  b.when = (id, media) => {
    const ms = Math.round(media * 1000);
    for (const by of [0, 1, -1]) {
      const wall = b.walls.get(`${id}/${ms + by}`);
      if (wall !== undefined) return wall;
    }
    return undefined;
  };
  b.stream = (video) => {
    const camera = video.closest(".tile")?.dataset.camera;
    const button = document.querySelector(`.wall__camera[data-camera="${camera}"]`);
    return (button?.dataset.small ?? "").replaceAll("-", "");
  };
  const hook = (v) => {
    if (v.benched) return;
    v.benched = true;
    const shown = (_, m) => {
      v.first ??= m.presentationTime;
      v.last = { at: m.presentationTime, media: m.mediaTime };
      v.count = (v.count ?? 0) + 1;
      if (b.on) {
        const wall = b.when(b.stream(v), m.mediaTime);
        if (wall !== undefined) b.late.push(performance.timeOrigin + m.presentationTime - wall);
      }
      v.requestVideoFrameCallback(shown);
    };
    v.requestVideoFrameCallback(shown);
  };
  new MutationObserver((all) => {
    for (const m of all) for (const n of m.addedNodes) if (n instanceof Element) [n, ...n.querySelectorAll("video")].forEach((e) => e.tagName === "VIDEO" && hook(e));
  }).observe(document, { childList: true, subtree: true });

  const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
  const videos = () => [...document.querySelectorAll(".tile .tile__small")];
  b.sleep = sleep;
  b.key = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  // Milliseconds from `from` until each of `n` tiles has presented a picture of its own; -1 when that takes 20 s.
  b.full = async (n, from) => {
    while (performance.now() - from < 20000) {
      const all = videos();
      if (all.length === n && all.every((v) => v.first !== undefined)) return Math.max(0, ...all.map((v) => v.first - from));
      await sleep(5);
    }
    return -1;
  };
  b.change = (key, n) => {
    const from = performance.now();
    b.key(key);
    return b.full(n, from);
  };
  // Frames presented and dropped, and how late after arrival, within some milliseconds.
  b.live = async (ms) => {
    const all = videos();
    const begin = all.map((v) => [v.count ?? 0, v.getVideoPlaybackQuality().droppedVideoFrames]);
    b.late = [];
    b.on = true;
    await sleep(ms);
    b.on = false;
    const sums = all.map((v, i) => [v.count - begin[i][0], v.getVideoPlaybackQuality().droppedVideoFrames - begin[i][1]]);
    return { tiles: all.length, presented: sums.map((s) => s[0]), dropped: sums.reduce((n, s) => n + s[1], 0), late: b.late };
  };
  // The slider goes to a moment; milliseconds until every tile has presented the picture of that moment.
  b.seek = async (to) => {
    const slider = document.querySelector("[data-slider]");
    const origin = Number(document.querySelector("fq-replay").dataset.from) - 120000;
    const all = [...document.querySelectorAll(".tile video")];
    const t = (to - origin) / 1000;
    const from = performance.now();
    slider.value = String(to);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const at = Math.min(Number(slider.value), to);
    const there = (v) => v.last && v.last.at >= from && Math.abs(v.last.media - (at - origin) / 1000) < 0.3;
    while (performance.now() - from < 15000) {
      if (all.every(there)) return [t, Math.max(...all.map((v) => v.last.at - from)), []];
      await sleep(5);
    }
    const spans = (b) => Array.from({ length: b.length }, (_, i) => [b.start(i), b.end(i)]);
    const state = (v) => ({
      wanted: (at - origin) / 1000, at: v.currentTime, shown: v.last, held: spans(v.buffered), ready: v.readyState, seeking: v.seeking,
      says: v.closest(".tile").querySelector(".tile__says").textContent,
    });
    return [t, -1, all.filter((v) => !there(v)).map(state)];
  };
})();
