// <fq-map src="/map/data?…">: the town's layers with MapLibre, which is fetched only here. Until it stands, and where a browser has no
// WebGL2, the server's drawing stays. Names come from the machine's own fonts; nothing is fetched from elsewhere.

const LIBRARY = new URL("../vendor/maplibre/", import.meta.url);
const CHINESE = {
  "Map.Title": "地图，方向键移动，加减键缩放", "NavigationControl.ZoomIn": "放大", "NavigationControl.ZoomOut": "缩小", "ScaleControl.Meters": "米",
  "ScaleControl.Kilometers": "公里", "Popup.Close": "关闭", "CooperativeGesturesHandler.WindowsHelpText": "按住 Ctrl 滚动可缩放地图",
  "CooperativeGesturesHandler.MacHelpText": "按住 ⌘ 滚动可缩放地图", "CooperativeGesturesHandler.MobileHelpText": "请用两根手指移动地图",
};
/** Points that are large and stand on top; others are small. */
const QUIET = new Set(["buildings"]);

/** @param {string} name */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** @param {string} kind @param {unknown} geometry @param {Record<string, unknown>} properties */
const feature = (kind, geometry, properties) => ({ type: "Feature", geometry: kind === "point" ? { type: "Point", coordinates: geometry } : geometry, properties });

class TownMap extends HTMLElement {
  /** @type {any} */ #gl;
  /** @type {any} */ #map;
  /** @type {any} */ #popup;
  /** @type {any[]} */ #layers = [];

  connectedCallback() {
    if (this.dataset.begun) return;
    this.dataset.begun = "true";
    this.#begin().catch(() => this.#fail("这个浏览器不能显示可缩放的地图（需要 WebGL2），这里是固定的图，清单内容相同。"));
  }

  get #page() { return this.closest(".map-page"); }

  /** @param {string} text */
  #say(text) {
    const line = this.#page?.querySelector(".map-say");
    if (line) line.textContent = text;
  }

  /** The server's drawing stays. @param {string} why */
  #fail(why) {
    this.#map?.remove();
    this.querySelector(".map-canvas")?.remove();
    delete this.dataset.state;
    this.#say(why);
  }

  async #begin() {
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL2");
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("maplibre-gl.css", LIBRARY).href });
    document.head.append(sheet);
    await new Promise((done) => { sheet.onload = sheet.onerror = done; });
    const [gl, layers] = await Promise.all([import(new URL("maplibre-gl.mjs", LIBRARY).href), this.#fetch()]);
    this.#gl = gl;
    this.#layers = layers;
    const box = this.#bounds();
    if (!box) return;
    const stage = Object.assign(document.createElement("div"), { className: "map-canvas" });
    this.dataset.state = "drawing";
    this.append(stage);
    this.#map = new gl.Map({
      container: stage, style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#f1efe9" } }] },
      bounds: box, fitBoundsOptions: { padding: 28, maxZoom: 17 }, maxZoom: 20, minZoom: 6, attributionControl: false, locale: CHINESE,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
    this.#map.addControl(new gl.ScaleControl({ unit: "metric" }), "bottom-left");
    await new Promise((done, fail) => { this.#map.once("load", done); setTimeout(() => fail(new Error("slow")), 20000); });
    this.#draw();
    this.querySelector(".map-plot")?.remove();
    this.#wire();
    this.#map.once("idle", () => { this.dataset.state = "ready"; this.#page?.setAttribute("data-map", "ready"); });
    this.dispatchEvent(new CustomEvent("fq-map", { bubbles: true, detail: { map: this.#map } }));
  }

  async #fetch() {
    const answer = await fetch(this.getAttribute("src") ?? "", { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  }

  /** The box around everything that is listed, else around the background. */
  #bounds() {
    for (const base of [false, true]) {
      const flat = this.#layers.filter((l) => l.base === base).flatMap((l) => l.features).flatMap((f) => f.geometry.coordinates.flat(Infinity));
      const lon = flat.filter((/** @type {number} */ _, /** @type {number} */ i) => i % 2 === 0), lat = flat.filter((/** @type {number} */ _, /** @type {number} */ i) => i % 2);
      const least = (/** @type {number[]} */ l) => l.reduce((a, b) => Math.min(a, b)), most = (/** @type {number[]} */ l) => l.reduce((a, b) => Math.max(a, b));
      if (lon.length) return [least(lon), least(lat), most(lon), most(lat)];
    }
    return null;
  }

  /** @param {any} layer */
  #collections(layer) {
    const shapes = layer.features.map((/** @type {any} */ f) => feature("", f.geometry, { id: f.id, name: f.name, detail: f.detail, tone: f.tone }));
    const labels = layer.features.filter((/** @type {any} */ f) => f.label || (layer.base && f.name)).map((/** @type {any} */ f) => feature("point", f.label ?? f.geometry.coordinates[0][Math.floor(f.geometry.coordinates[0].length / 2)], { name: f.name, detail: f.detail }));
    return [shapes, labels].map((features) => ({ type: "FeatureCollection", features }));
  }

  /** The administrator's tiles under everything: pictures as they are, vector tiles in the names of the two common schemas. */
  #ground() {
    const kind = this.dataset.tiles;
    if (!kind) return;
    const tiles = [`${location.origin}/map/tiles/{z}/{x}/{y}`], most = Number(this.dataset.most);
    if (kind === "picture") {
      this.#map.addSource("ground:tiles", { type: "raster", tiles, tileSize: 256, maxzoom: most });
      this.#map.addLayer({ id: "ground:picture", type: "raster", source: "ground:tiles", paint: { "raster-saturation": -0.5, "raster-opacity": 0.7 } });
      return;
    }
    this.#map.addSource("ground:tiles", { type: "vector", tiles, maxzoom: most });
    const add = (/** @type {string} */ from, /** @type {any} */ what) => this.#map.addLayer({ id: `ground:${from}:${what.type}`, source: "ground:tiles", "source-layer": from, ...what });
    const area = ["==", ["geometry-type"], "Polygon"], line = ["==", ["geometry-type"], "LineString"];
    for (const [from, fill] of [["landcover", "#dfe8d6"], ["landuse", "#e9e6dc"], ["park", "#d9e8cf"], ["water", "#b9d7ea"], ["buildings", "#ded6c8"], ["building", "#ded6c8"]])
      add(from, { type: "fill", filter: area, paint: { "fill-color": fill } });
    for (const from of ["water", "waterway"]) add(from, { type: "line", filter: line, paint: { "line-color": "#b9d7ea", "line-width": 1.5 } });
    for (const from of ["roads", "transportation"]) add(from, { type: "line", filter: line, paint: { "line-color": "#fff", "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 10, 0.5, 18, 14] } });
    const name = ["coalesce", ["get", "name:zh-Hans"], ["get", "name:zh"], ["get", "name"], ""];
    for (const from of ["places", "place"]) add(from, { type: "symbol", layout: { "text-field": name, "text-font": ["sans-serif"], "text-size": 13 }, paint: { "text-color": "#6d665c", "text-halo-color": "#fff", "text-halo-width": 1.4 } });
  }

  #draw() {
    this.#ground();
    const tone = (/** @type {string} */ plain) => ["match", ["get", "tone"], "bad", color("--red"), "warn", "#c77700", "good", color("--green"), plain];
    for (const layer of this.#layers) {
      const [shapes, labels] = this.#collections(layer), key = layer.key;
      this.#map.addSource(key, { type: "geojson", data: shapes });
      this.#map.addSource(`${key}:names`, { type: "geojson", data: labels });
      const add = (/** @type {string} */ part, /** @type {any} */ what) => this.#map.addLayer({ id: `${key}:${part}`, source: part === "name" ? `${key}:names` : key, ...what });
      if (layer.base) { this.#drawBase(add); continue; }
      const area = ["==", ["geometry-type"], "Polygon"], point = ["==", ["geometry-type"], "Point"], dashed = key === "communities";
      const ink = key === "communities" ? "#6b7785" : color("--blue");
      if (!dashed) add("fill", { type: "fill", filter: area, paint: { "fill-color": tone(ink), "fill-opacity": 0.08 } });
      add("line", { type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": tone(ink), "line-width": dashed ? 1.2 : 2.4, ...(dashed ? { "line-dasharray": [3, 2] } : {}) } });
      add("point", {
        type: "circle", filter: point,
        paint: QUIET.has(key)
          ? { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 1.5, 15, 4, 18, 8], "circle-color": "#7c6f5c", "circle-stroke-color": "#fff", "circle-stroke-width": 1 }
          : { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 5, 16, 9], "circle-color": tone(color("--blue")), "circle-stroke-color": "#fff", "circle-stroke-width": 2 },
      });
      add("name", {
        type: "symbol", minzoom: dashed ? 14 : 0,
        layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": dashed ? 12 : 15, "text-padding": 4, "text-offset": dashed ? [0, 1.6] : [0, 0] },
        paint: { "text-color": dashed ? "#4a5666" : color("--blue-dark"), "text-halo-color": "#ffffffd9", "text-halo-width": 1.6 },
      });
    }
    // Names of areas above everything else, so that points do not hide them.
    for (const l of this.#map.getStyle().layers.filter((/** @type {any} */ l) => l.type === "symbol" && !l.id.startsWith("ground:"))) this.#map.moveLayer(l.id);
  }

  /** @param {(part: string, what: any) => void} add */
  #drawBase(add) {
    const is = (/** @type {string} */ kind) => ["==", ["get", "detail"], kind];
    for (const [kind, fill] of [["green", "#d9e8cf"], ["water", "#b9d7ea"], ["built", "#ded6c8"]]) add(kind, { type: "fill", filter: is(kind), paint: { "fill-color": fill } });
    add("view", { type: "fill", filter: is("view"), paint: { "fill-color": color("--blue"), "fill-opacity": 0.22, "fill-outline-color": color("--blue") } });
    const wide = (/** @type {number} */ a, /** @type {number} */ b) => ["interpolate", ["exponential", 1.6], ["zoom"], 12, a, 18, b];
    add("casing", { type: "line", filter: is("street"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#d3cabb", "line-width": wide(2.5, 22) } });
    add("street", { type: "line", filter: is("street"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#fff", "line-width": wide(1.5, 19) } });
    add("rail", { type: "line", filter: is("rail"), paint: { "line-color": "#9a948a", "line-width": 2, "line-dasharray": [4, 2] } });
    add("name", { type: "symbol", minzoom: 13, layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 11 }, paint: { "text-color": "#6d665c", "text-halo-color": "#fff", "text-halo-width": 1.4 } });
  }

  #wire() {
    // Where a camera is being placed a click means the place and not what lies there.
    for (const layer of this.closest("fq-aim") ? [] : this.#layers.filter((l) => !l.base)) {
      const id = `${layer.key}:point`;
      this.#map.on("click", id, (/** @type {any} */ e) => this.#open(layer.key, e.features?.[0]?.properties.id));
      this.#map.on("mouseenter", id, () => { this.#map.getCanvas().style.cursor = "pointer"; });
      this.#map.on("mouseleave", id, () => { this.#map.getCanvas().style.cursor = ""; });
    }
    const keys = this.#page?.querySelector(".map-keys");
    keys?.removeAttribute("hidden");
    keys?.addEventListener("change", (e) => this.#toggle(/** @type {HTMLInputElement} */ (e.target)));
    this.#page?.addEventListener("click", (e) => {
      const b = e.target instanceof Element ? e.target.closest(".map-show") : null;
      if (b instanceof HTMLElement) this.#show(b.dataset.layer ?? "", b.dataset.id ?? "");
    });
    const live = this.#page?.querySelector("fq-live");
    if (live) new MutationObserver(() => this.#renew()).observe(live, { childList: true });
  }

  /** @param {HTMLInputElement} box */
  #toggle(box) {
    for (const l of this.#map.getStyle().layers.filter((/** @type {any} */ l) => l.id.startsWith(`${box.value}:`) || l.id.startsWith(`${box.value}-view:`)))
      this.#map.setLayoutProperty(l.id, "visibility", box.checked ? "visible" : "none");
  }

  async #renew() {
    const fresh = await this.#fetch().catch(() => null);
    if (!fresh) return;
    this.#layers = fresh;
    for (const layer of fresh) {
      const [shapes, labels] = this.#collections(layer);
      this.#map.getSource(layer.key)?.setData(shapes);
      this.#map.getSource(`${layer.key}:names`)?.setData(labels);
    }
  }

  /** @param {string} key @param {string} id */
  #find(key, id) { return this.#layers.find((l) => l.key === key)?.features.find((/** @type {any} */ f) => f.id === id); }

  /** Moves there and says what it is. @param {string} key @param {string} id */
  #show(key, id) {
    const f = this.#find(key, id);
    if (!f) return;
    const at = f.label ?? (f.geometry.type === "Point" ? f.geometry.coordinates : null);
    if (!at) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#map.easeTo({ center: at, zoom: Math.max(this.#map.getZoom(), f.label ? 14.5 : 16), duration: still ? 0 : 500 });
    this.scrollIntoView({ block: "nearest" });
    this.#open(key, id);
  }

  /** @param {string} key @param {string} id */
  #open(key, id) {
    const f = this.#find(key, id);
    if (!f) return;
    const box = document.createElement("div"), title = document.createElement(f.href ? "a" : "strong");
    title.textContent = f.name;
    if (title instanceof HTMLAnchorElement) title.href = f.href;
    box.append(title);
    if (f.detail) box.append(Object.assign(document.createElement("p"), { textContent: f.detail, className: "meta" }));
    this.#popup?.remove();
    this.#popup = new this.#gl.Popup({ maxWidth: "18rem", focusAfterOpen: false }).setLngLat(f.label ?? f.geometry.coordinates).setDOMContent(box).addTo(this.#map);
    this.#say(`${f.name} ${f.detail}`);
  }
}

customElements.define("fq-map", TownMap);
