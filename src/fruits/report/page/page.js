"use strict";
const facts = JSON.parse(document.getElementById("facts").textContent);
const words = facts.words;
const root = document.documentElement;
const darkWished = window.matchMedia("(prefers-color-scheme: dark)");
const ground = () => root.dataset.ground || (darkWished.matches ? "dark" : "light");
const views = {};

function unpack(text, Kind) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Draw one chart on today's ground. */
async function draw(name, spec) {
  const place = document.getElementById(`chart-${name}`);
  if (!place) return;
  const filled = name === "map" ? { ...spec, datasets: { points: map.rows() } } : spec;
  const done = await vegaEmbed(place, filled, {
    actions: false, ast: true, logLevel: 1, renderer: name === "map" ? "canvas" : "svg",
    config: facts.configs[ground()], formatLocale: facts.locale,
    tooltip: name === "map" ? () => {} : { theme: ground() },
  });
  if (views[name]) views[name].finalize();
  views[name] = done.view;
  // The role and the description stand on the box around it.
  for (const inner of place.querySelectorAll("svg, canvas")) inner.setAttribute("aria-hidden", "true");
}

async function drawAll() {
  for (const [name, spec] of Object.entries(facts.charts)) await draw(name, spec);
  if (map) map.attach();
  root.dataset.drawn = ground();
}

function photo(cell, label) {
  const made = element("span", { className: `photo s${cell >> 8}`, role: "img" });
  made.setAttribute("aria-label", label);
  made.style.setProperty("--col", cell % 16);
  made.style.setProperty("--row", (cell % 256) >> 4);
  return made;
}

/** The plane of all images: its points, its legend, and the photo under the pointer. */
class PhotoMap {
  constructor(points) {
    this.x = unpack(points.x, Uint16Array);
    this.y = unpack(points.y, Uint16Array);
    this.label = unpack(points.label, Uint32Array);
    this.split = unpack(points.split, Uint8Array);
    this.cell = unpack(points.cell, Uint16Array);
    this.names = new Map(Array.from(unpack(points.pictured, Uint32Array), (i, n) => [i, points.names[n]]));
    this.pictured = new Map();
    for (const i of this.names.keys()) {
      const label = this.label[i];
      if (!this.pictured.has(label)) this.pictured.set(label, []);
      this.pictured.get(label).push(i);
    }
    this.points = points;
    this.chosen = [];
    this.tip = document.getElementById("tip");
    this.listClasses();
  }

  labelName(label) { return facts.labels[label] || words.no_label; }

  colour(label) {
    const place = this.chosen.length ? this.chosen.indexOf(label) : label;
    return place < 0 ? facts.pale[ground()] : facts.cycle[place % facts.cycle.length];
  }

  rows() {
    const { low, span } = this.points, all = new Array(this.x.length);
    for (let i = 0; i < all.length; i++) {
      const label = this.label[i], on = !this.chosen.length || this.chosen.includes(label);
      all[i] = {
        x: low[0] + (this.x[i] / 65535) * span[0], y: low[1] + (this.y[i] / 65535) * span[1],
        c: this.colour(label), o: this.chosen.length ? (on ? 0.9 : 0.25) : 0.55, i, on,
      };
    }
    return this.chosen.length ? all.sort((a, b) => a.on - b.on) : all;
  }

  attach() {
    const view = views.map;
    if (!view) return;
    this.mark();
    const show = (event, item) => this.show(event, item);
    view.addEventListener("mousemove", show);
    view.addEventListener("click", show);
    view.addEventListener("mouseout", () => { this.tip.hidden = true; });
  }

  recolour() {
    views.map.data("points", this.rows()).run();
    this.mark();
  }

  mark() {
    for (const button of document.querySelectorAll("#classes button")) {
      const label = Number(button.dataset.label);
      button.setAttribute("aria-pressed", String(this.chosen.includes(label)));
      button.querySelector("i").style.background = this.colour(label);
    }
  }

  nearestPictured(i) {
    let best = -1, least = Infinity;
    for (const j of this.pictured.get(this.label[i]) || []) {
      const distance = (this.x[i] - this.x[j]) ** 2 + (this.y[i] - this.y[j]) ** 2;
      if (distance < least) [best, least] = [j, distance];
    }
    return best;
  }

  show(event, item) {
    if (!item || !item.datum || item.datum.i === undefined) { this.tip.hidden = true; return; }
    const i = item.datum.i, own = this.names.has(i), j = own ? i : this.nearestPictured(i);
    const lines = [element("b", { textContent: this.labelName(this.label[i]) })];
    const split = facts.splits[this.split[i]];
    if (split) lines.push(element("div", { className: "quiet", textContent: split }));
    if (own) lines.push(element("div", { className: "quiet path", textContent: this.names.get(i) }));
    if (j >= 0) lines.unshift(photo(this.cell[j], this.labelName(this.label[i])), element("br"));
    if (j >= 0 && !own) lines.push(element("div", { className: "quiet", textContent: words.a_neighbour }));
    this.tip.replaceChildren(...lines);
    this.tip.hidden = false;
    const { clientX, clientY } = event.touches ? event.touches[0] : event;
    const box = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.max(4, Math.min(clientX + 16, innerWidth - box.width - 8))}px`;
    this.tip.style.top = `${Math.max(4, Math.min(clientY + 16, innerHeight - box.height - 8))}px`;
  }

  listClasses() {
    const counts = new Array(facts.labels.length).fill(0);
    for (const label of this.label) counts[label]++;
    const list = document.getElementById("classes");
    facts.labels.forEach((_, label) => {
      if (!counts[label]) return;
      const count = element("span", { className: "n", textContent: facts.counts[label] });
      const button = element("button", { type: "button" }, element("i"), this.labelName(label), count);
      button.dataset.label = label;
      button.addEventListener("click", () => this.toggle(label));
      list.append(element("li", {}, button));
    });
    const find = document.getElementById("find");
    const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    find.addEventListener("input", () => {
      for (const item of list.children) item.hidden = !plain(item.textContent).includes(plain(find.value));
    });
    document.getElementById("clear").addEventListener("click", () => {
      find.value = "";
      for (const item of list.children) item.hidden = false;
      this.choose([]);
    });
  }

  toggle(label) {
    if (this.chosen.includes(label)) this.choose(this.chosen.filter((other) => other !== label));
    else if (this.chosen.length >= facts.cycle.length) this.say(words.too_many);
    else this.choose([...this.chosen, label]);
  }

  say(text) { document.getElementById("chosen").textContent = text; }

  choose(labels) {
    this.chosen = labels;
    this.say(labels.length ? labels.map((label) => this.labelName(label)).join(" · ") : words.none_chosen);
    this.recolour();
    const strip = document.getElementById("strip");
    strip.hidden = !labels.length;
    const each = Math.ceil(30 / Math.max(labels.length, 1));
    strip.replaceChildren(...labels.flatMap((label) => (this.pictured.get(label) || []).slice(0, each).map((i) =>
      element("figure", {}, photo(this.cell[i], this.labelName(label)),
        element("figcaption", { textContent: `${this.labelName(label)} · ${this.names.get(i)}` })))));
  }
}

const map = facts.points ? new PhotoMap(facts.points) : null;
document.getElementById("theme").addEventListener("click", () => {
  root.dataset.ground = ground() === "dark" ? "light" : "dark";
  drawAll();
});
darkWished.addEventListener("change", () => { if (!root.dataset.ground) drawAll(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && map) map.tip.hidden = true; });
drawAll();
