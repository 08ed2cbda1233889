/** The forward pass: a card for each layer, with what it gave drawn on it, and the slider through time. */

import { floats } from "./api.js";
import { byId, el } from "./dom.js";
import { Picture, scaleOf } from "./pictures.js";
import { state } from "./state.js";
import { number, t, whole } from "./words.js";

const PASSING = ["Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "Identity", "ActivityRegularization"];

/** @type {(key: string, place: {at?: number[], step?: number | null, direction?: string}, focus?: boolean) => void} */
let select;
/** @type {(step: number) => void} */
let stepped;
/** @type {Map<string, Card>} */
const cards = new Map();
/** Which quantity of a recurrent layer is shown. @type {Map<string, string>} */
const quantities = new Map();

/** Let the page know what is pressed. @param {typeof select} onSelect @param {typeof stepped} onStep */
export function connect(onSelect, onStep) {
  select = onSelect;
  stepped = onStep;
}

/** Everything of a pass, in the cards that are there already where the layers are the same. */
export function renderFlow() {
  const { layers } = state.pass;
  const keys = layers.map((/** @type {any} */ layer) => layer.key);
  if (String(keys) !== String([...cards.keys()])) {
    cards.clear();
    for (const key of keys) cards.set(key, new Card(key));
    byId("layers").replaceChildren(...[...cards.values()].map((card) => card.element));
  }
  for (const layer of layers) cards.get(layer.key)?.show(layer);
  renderTime();
  markSelected();
}

/** Forget the cards, as when the language changes. */
export function forget() {
  cards.clear();
}

/** The slider through the steps of a text. */
function renderTime() {
  const bar = byId("time");
  const { steps } = state.pass;
  bar.hidden = !steps;
  if (!steps) return;
  const count = steps.places.length;
  state.step = Math.min(state.step, count - 1);
  if (!byId("step")) {
    const slider = el("input", { type: "range", id: "step", min: "0", step: "1", input: (/** @type {any} */ event) => moveTo(Number(event.target.value)) });
    bar.replaceChildren(
      el("label", { for: "step" }, t("time_step")),
      el("button.round", { type: "button", "aria-label": t("back"), click: () => moveTo(state.step - 1) }, "‹"),
      slider,
      el("button.round", { type: "button", "aria-label": t("forth"), click: () => moveTo(state.step + 1) }, "›"),
      el("output", { id: "step-word", for: "step" }),
    );
  }
  byId("step").max = String(count - 1);
  moveTo(state.step);
}

/** Show another step everywhere. @param {number} to a column */
function moveTo(to) {
  const { steps } = state.pass;
  state.step = Math.max(0, Math.min(steps.places.length - 1, to));
  const word = labelOf(state.step);
  byId("step").value = String(state.step);
  const text = t(steps.text ? "step_of" : "plain_step", { step: steps.places[state.step], last: steps.count - 1, word });
  byId("step").setAttribute("aria-valuetext", text);
  byId("step-word").textContent = text;
  for (const card of cards.values()) card.cursor(state.step);
  stepped(steps.places[state.step]);
}

/** What stands below a column. @param {number} column */
function labelOf(column) {
  const { labels, padding } = state.pass.steps;
  if (!padding[column]) return labels[column];
  const more = /^\+(\d+) padding$/.exec(labels[column]);
  return more ? t("more_padding", { count: more[1] }) : t("padding");
}

/** What stands below the columns; nothing where they are no words. */
function labels() {
  const { steps } = state.pass;
  return steps.text ? { labels: steps.labels.map((/** @type {string} */ _, /** @type {number} */ column) => labelOf(column)) } : {};
}

/** Show which layer and value are looked into. */
export function markSelected() {
  const chosen = state.selected;
  for (const card of cards.values()) card.mark(chosen && chosen.key === card.key ? chosen : null);
}

/** Show what Keras gives beside. */
export function markDifferences() {
  for (const card of cards.values()) card.difference(state.kerasOn ? state.differences?.differences?.[card.key] : undefined);
}

/** Where the keyboard goes back to when a layer's details are closed. @param {string} key */
export const headOf = (key) => cards.get(key)?.head;

/** One layer. */
class Card {
  /** @param {string} key */
  constructor(key) {
    this.key = key;
    /** @type {{picture: Picture, direction?: string, track?: boolean}[]} */
    this.pictures = [];
    /** @type {Picture[]} those of the pass before, to be drawn anew */
    this.before = [];
    this.title = el("span.name", {}, key);
    this.kind = el("span.kind");
    this.shape = el("span.shape");
    this.badge = el("span.badge", { hidden: true });
    this.head = el("button.layer-head", { type: "button", "aria-expanded": "false", "aria-controls": "inspector", click: () => select(key, {}, true) }, this.title, this.kind, this.badge, this.shape);
    this.body = el("div.layer-body");
    this.element = el("li.layer", { "data-key": key }, this.head, this.body);
  }

  /** Draw what the layer gave. @param {any} layer */
  show(layer) {
    this.layer = layer;
    this.kind.textContent = layer.kind;
    this.shape.textContent = layer.kind === "InputLayer" && layer.drawn.form === "none" ? t("text_in") : layer.gives.map(shapeText).join("; ") || "–";
    this.before = this.pictures.map(({ picture }) => picture);
    this.pictures = [];
    const parts = this.parts(layer);
    for (const picture of this.before) picture.watch.disconnect();
    this.before = [];
    const same = parts.length === this.body.children.length && parts.every((part, i) => part === this.body.children[i]);
    if (!same) this.body.replaceChildren(...parts);
    this.body.hidden = parts.length === 0;
    this.cursor(state.step);
  }

  /** @param {any} layer @returns {HTMLElement[]} */
  parts(layer) {
    if (layer.kind === "InputLayer") return [];
    if (PASSING.includes(layer.kind)) return [el("p.quiet", {}, t("passes_on"))];
    if (layer.kind === "TextVectorization" && state.pass.steps) return [this.ids(layer)];
    if (layer.tracks) return this.recurrent(layer);
    if (layer.drawn.form === "none") return [];
    return [this.picture(layer.drawn, this.stepOptions(layer)).element, this.legend(layer)];
  }

  /**
   * @param {any} drawn
   * @param {object} [more]
   * @param {object} [kept]
   */
  picture(drawn, more = {}, kept = {}) {
    const options = { name: this.key, pick: (/** @type {any} */ hit) => select(this.key, { at: hit.at }), ...more };
    const at = this.before.findIndex((each) => each.fits(drawn));
    const [found] = at < 0 ? [] : this.before.splice(at, 1);
    found?.update(drawn, options);
    const picture = found ?? new Picture(drawn, options);
    this.pictures.push({ picture, ...kept });
    return picture;
  }

  /** How the columns of a layer over the text are called. @param {any} layer */
  stepOptions(layer) {
    if (!layer.of_text) return {};
    const { places, padding } = state.pass.steps;
    return { places, padding, skipped: layer.masked, ...labels() };
  }

  /** @param {any} layer */
  legend(layer) {
    const { drawn } = layer;
    const notes = [];
    if (drawn.channels > drawn.size[0]) notes.push(t("channels_cut", { shown: drawn.size[0], all: drawn.channels }));
    if (drawn.middle?.length) notes.push(t("slice", { number: drawn.middle[0] }));
    if (drawn.stride > 1) notes.push(t("every", { n: drawn.stride }));
    if (drawn.dead?.length) notes.push(t("dead", { count: drawn.dead.length }));
    if (layer.of_text && state.pass.steps.padding.includes(true)) notes.push(t(layer.masked ? "skipped_padding" : "read_padding"));
    return el("p.legend", {}, scaleOf(drawn), el("span", {}, notes.join(" · ")));
  }

  /** The words beside the ids that they become. @param {any} layer */
  ids(layer) {
    const values = floats(layer.drawn.data);
    const { places, padding } = state.pass.steps;
    const list = el("div.ids");
    places.forEach((/** @type {number} */ place, /** @type {number} */ column) => {
      const id = values[place];
      list.append(el(padding[column] ? "button.id.padding" : "button.id", { type: "button", "data-column": column, click: () => select(this.key, { at: [place] }) }, el("span", {}, labelOf(column)), el("b", {}, whole(id))));
    });
    return list;
  }

  /** The states or a gate over the steps, and the units at the step of the slider. @param {any} layer */
  recurrent(layer) {
    const { directions, read, places, of_text: ofText } = layer.tracks;
    const names = [...new Set(Object.values(directions).flatMap((each) => Object.keys(/** @type {object} */ (each))))];
    const chosen = names.includes(quantities.get(this.key) ?? "") ? /** @type {string} */ (quantities.get(this.key)) : "state h";
    const parts = [];
    if (names.length > 1) {
      const buttons = names.map((name) => el("button.choice", { type: "button", "aria-pressed": String(name === chosen), click: () => {
        quantities.set(this.key, name);
        this.show(this.layer);
        markSelected();
        /** @type {HTMLElement | null} */ (this.body.querySelector(".choice[aria-pressed=true]"))?.focus();
      } }, t(name)));
      parts.push(el("div.choices", { role: "group", "aria-label": t("show") }, ...buttons));
    }
    const off = ofText ? state.pass.steps.padding : read.map(() => false);
    const skipped = read.map((/** @type {boolean} */ taken) => !taken);
    const isSkipped = skipped.some(Boolean);
    const options = { places, padding: off.map((/** @type {boolean} */ each, /** @type {number} */ i) => each || skipped[i]), skipped: isSkipped, ...(ofText ? labels() : {}) };
    this.bars = [];
    for (const [direction, tracks] of Object.entries(directions)) {
      const drawn = tracks[chosen];
      if (!drawn) continue;
      if (direction) parts.push(el("h3", {}, t(direction)));
      const pick = (/** @type {any} */ hit) => select(this.key, { at: [hit.at[1]], step: hit.at[0], direction });
      const picture = this.picture(drawn, { ...options, name: `${this.key}, ${t(chosen)}`, pick }, { direction, track: true });
      const holder = el("div.units");
      this.bars.push({ drawn, direction, holder, values: floats(drawn.data), places });
      parts.push(picture.element, el("p.legend", {}, scaleOf(drawn), el("span", {}, off.includes(true) ? t(isSkipped ? "skipped_padding" : "read_padding") : "")), holder);
    }
    if (layer.drawn.form === "vector") parts.push(el("h3", {}, t("whole_output")), this.picture(layer.drawn, {}).element);
    return parts;
  }

  /** Show the step of the slider. @param {number} column */
  cursor(column) {
    const { layer } = this;
    if (!layer || !state.pass.steps) return;
    for (const { picture } of this.pictures) {
      if (picture.drawn.form === "steps" && (layer.of_text || layer.tracks?.of_text)) picture.cursor(column);
    }
    for (const id of this.body.querySelectorAll(".id")) id.classList.toggle("now", id.getAttribute("data-column") === String(column));
    if (layer.tracks?.of_text) this.units(column);
  }

  /** The units of a recurrent layer at a step, as bars. @param {number} column */
  units(column) {
    for (const bar of this.bars ?? []) {
      const [count, steps] = bar.drawn.size;
      const values = Float32Array.from({ length: count }, (_, unit) => bar.values[unit * steps + column]);
      const drawn = { ...bar.drawn, form: "vector", size: [count], shape: [count], values };
      if (!bar.picture) {
        bar.picture = new Picture(drawn, { name: this.key, pick: (hit) => select(this.key, { at: hit.at, step: bar.places[state.step], direction: bar.direction }) });
        bar.holder.append(el("p.quiet", {}, t("state_at", { count })), bar.picture.element);
      } else {
        bar.picture.values = values;
        if (bar.picture.width) bar.picture.draw();
      }
    }
  }

  /** Show that this layer, and maybe a value of it, is looked into. @param {any} chosen */
  mark(chosen) {
    this.element.classList.toggle("chosen", Boolean(chosen));
    this.head.setAttribute("aria-expanded", String(Boolean(chosen)));
    for (const { picture, direction, track } of this.pictures) {
      if (!chosen?.at) picture.mark(null);
      else if (track) picture.mark(chosen.step !== undefined && chosen.step !== null && chosen.direction === direction ? [chosen.step, ...chosen.at] : null);
      else picture.mark(chosen.step === undefined || chosen.step === null ? chosen.at : null);
    }
  }

  /** @param {number | undefined} gap the largest difference from Keras */
  difference(gap) {
    this.badge.hidden = gap === undefined;
    if (gap === undefined) return;
    this.badge.textContent = `Keras ±${number(gap, 2)}`;
    this.badge.title = t("keras_gap", { value: number(gap, 3) });
  }
}

/** @param {number[]} shape */
export const shapeText = (shape) => shape.join(" × ") || "1";
