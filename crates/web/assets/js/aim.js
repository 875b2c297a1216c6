// <fq-aim>: where a camera stands and what it sees, drawn on the map. The fields of the form hold it; this draws them and writes
// into them, so that they work by the keyboard alone and where there is no map. On the map itself the arrow keys move the town
// under a cross in the middle, and Enter takes what lies there.

/** Metres of a degree of latitude. */
const DEGREE = 111_195;
/** From this zoom on a click is true to some metres. */
const NEAR = 17;

class Aim extends HTMLElement {
  /** @type {any} */ #map;
  #mode = "place";

  connectedCallback() {
    this.addEventListener("fq-map", (e) => this.#ready(/** @type {CustomEvent} */ (e).detail.map));
    this.addEventListener("click", (e) => {
      const b = e.target instanceof Element ? /** @type {HTMLElement | null} */ (e.target.closest("[data-aim]")) : null;
      if (b?.dataset.aim) this.#choose(b.dataset.aim);
    });
  }

  /** @param {string} name @returns {HTMLInputElement | null} */
  #field(name) { return /** @type {HTMLInputElement | null} */ (this.closest("form")?.elements.namedItem(name) ?? null); }

  /** A number of a field; NaN when it is empty. @param {string} name */
  #number(name) {
    const typed = this.#field(name)?.value.trim() ?? "";
    return typed === "" ? NaN : Number(typed);
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    const f = this.#field(name);
    if (f) f.value = value;
  }

  /** @param {any} map */
  #ready(map) {
    this.#map = map;
    this.querySelector("[data-tools]")?.removeAttribute("hidden");
    map.addSource("aim", { type: "geojson", data: this.#shapes() });
    map.addLayer({ id: "aim:view", type: "fill", source: "aim", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#c77700", "fill-opacity": 0.35, "fill-outline-color": "#8a5300" } });
    map.addLayer({ id: "aim:place", type: "circle", source: "aim", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 7, "circle-color": "#c77700", "circle-stroke-color": "#fff", "circle-stroke-width": 2 } });
    map.getCanvas().style.cursor = "crosshair";
    map.on("click", (/** @type {any} */ e) => this.#click(e.lngLat));
    const cross = Object.assign(document.createElement("div"), { className: "aim__cross" });
    cross.setAttribute("aria-hidden", "true");
    map.getContainer().append(cross);
    map.getCanvas().addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== "Enter") return;
      e.preventDefault();
      this.#click(map.getCenter());
    });
    this.closest("form")?.addEventListener("input", () => this.#draw());
    const [lon, lat] = [this.#number("lon"), this.#number("lat")];
    if (lon && lat) map.jumpTo({ center: [lon, lat], zoom: NEAR });
    this.#choose(lon && lat ? "view" : "place");
  }

  /** @param {string} mode */
  #choose(mode) {
    if (mode === "view" && !(this.#number("lon") && this.#number("lat"))) mode = "place";
    this.#mode = mode;
    this.querySelectorAll("[data-aim]").forEach((b) => b.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (b).dataset.aim === mode)));
    const out = this.querySelector("[data-says]");
    if (out) out.textContent = mode === "place" ? "在图上点摄像机的位置。" : "在图上点它看得到的最远处：朝向和距离就填好了。";
    if (out) out.textContent += "用键盘：焦点到图上，方向键移动，回车点在十字处。";
  }

  /** @param {{ lng: number, lat: number }} at */
  #click({ lng, lat }) {
    if (this.#mode === "place") {
      this.#set("lon", lng.toFixed(6));
      this.#set("lat", lat.toFixed(6));
      this.#choose("view");
      // From far away the farthest point that it sees would be a guess.
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (this.#map.getZoom() < NEAR - 1) this.#map.easeTo({ center: [lng, lat], zoom: NEAR, duration: still ? 0 : 500 });
    } else {
      const from = { lon: this.#number("lon"), lat: this.#number("lat") };
      const east = (lng - from.lon) * DEGREE * Math.cos((from.lat * Math.PI) / 180), north = (lat - from.lat) * DEGREE;
      this.#set("direction", String(((Math.round((Math.atan2(east, north) * 180) / Math.PI) % 360) + 360) % 360));
      this.#set("reach_m", String(Math.min(2000, Math.max(1, Math.round(Math.hypot(east, north))))));
      if (Number.isNaN(this.#number("view_angle"))) this.#set("view_angle", "60");
    }
    this.#draw();
  }

  #draw() { this.#map?.getSource("aim")?.setData(this.#shapes()); }

  /** The place, and the sector when its direction is known. */
  #shapes() {
    const [lon, lat, direction] = [this.#number("lon"), this.#number("lat"), this.#number("direction")];
    const features = [];
    if (lon && lat) {
      const angle = Math.min(360, Math.max(1, this.#number("view_angle") || 60)), reach = this.#number("reach_m") || 40;
      features.push({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lon, lat] } });
      if (!Number.isNaN(direction)) {
        const north = reach / DEGREE, east = north / Math.max(0.01, Math.cos((lat * Math.PI) / 180)), steps = Math.max(2, Math.ceil(angle / 6));
        const arc = Array.from({ length: steps + 1 }, (_, n) => {
          const a = ((direction - angle / 2 + (angle * n) / steps) * Math.PI) / 180;
          return [lon + east * Math.sin(a), lat + north * Math.cos(a)];
        });
        const ring = angle < 360 ? [[lon, lat], ...arc] : arc;
        features.push({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } });
      }
    }
    return { type: "FeatureCollection", features };
  }
}

customElements.define("fq-aim", Aim);
