/** One layer by itself: what it computes, its weights, and how one of its values comes about. */

import { ask } from "./api.js";
import { byId, el, formula } from "./dom.js";
import { headOf, shapeText } from "./flow.js";
import { Picture, scaleOf } from "./pictures.js";
import { about, state } from "./state.js";
import { current, number, t, whole } from "./words.js";
import { working } from "./working.js";

/** @type {{select: (key: string, place: object) => void, close: () => void, fail: (error: unknown) => void, say: (text: string) => void}} */
let page;
/** @type {any} the layer that is shown */
let shown = null;
/** counts the questions, so that an answer that comes late is not shown */
let asked = 0;

/** @param {typeof page} hooks */
export function connect(hooks) {
  page = hooks;
}

/** Close it, and give the keyboard back. */
export function close() {
  const panel = byId("inspector");
  const key = state.selected?.key;
  panel.hidden = true;
  document.body.classList.remove("inspecting");
  state.selected = null;
  shown = null;
  if (key && panel.contains(document.activeElement)) headOf(key)?.focus();
  panel.replaceChildren();
}

/**
 * Show the layer that is selected, and the working of its value.
 * @param {boolean} focus whether the keyboard goes there
 */
export async function renderInspector(focus) {
  const chosen = state.selected;
  if (!chosen) return;
  const mine = (asked += 1);
  const panel = byId("inspector");
  try {
    const found = await ask("layer", about({ layer: chosen.key }));
    if (mine !== asked || !state.selected) return;
    const scrolled = shown?.key === found.key ? panel.scrollTop : 0;
    const opened = new Set([...panel.querySelectorAll("details[open]")].map((each) => each.getAttribute("data-part")));
    shown = found;
    const { name: within } = document.activeElement instanceof HTMLInputElement ? document.activeElement : { name: "" };
    const inside = panel.contains(document.activeElement);
    panel.replaceChildren(...parts(found, opened));
    panel.hidden = false;
    document.body.classList.add("inspecting");
    panel.scrollTop = scrolled;
    if (focus) byId("inspector-title").focus({ preventScroll: true });
    else if (inside && within) panel.querySelector(`input[name="${within}"]`)?.focus();
    await renderValue(mine);
  } catch (error) {
    page.fail(error);
  }
}

/** Ask for the working of the value that is selected, and show it. @param {number} [mine] */
export async function renderValue(mine = (asked += 1)) {
  const chosen = state.selected;
  const place = byId("value");
  if (!place || !chosen) return;
  if (!chosen.at) {
    place.replaceChildren(el("p.quiet", {}, t("choose_value")));
    return;
  }
  fillFields();
  try {
    const found = await ask("value", about({ layer: chosen.key, at: chosen.at, step: chosen.step ?? null, direction: chosen.direction ?? "", keras: state.kerasOn }));
    if (mine !== asked) return;
    const open = new Set([...place.querySelectorAll("details.group[open]")].map((each) => each.getAttribute("data-title")));
    const made = working(found);
    made.querySelectorAll("details.group").forEach((each, i) => {
      const title = `${i}`;
      each.setAttribute("data-title", title);
      if (open.has(title)) each.setAttribute("open", "");
    });
    const beside = el("p.beside", {}, t("layer_gives", { value: number(found.given, 6) }));
    if (found.keras !== null) beside.append(" · ", el("span.keras", {}, t("keras_gives", { value: number(found.keras, 6) })));
    place.replaceChildren(el("p.result", {}, t("value_is"), " ", el("strong", { id: "result" }, number(found.value ?? found.given, 6))), beside, made);
    page.say(`${chosen.key}: ${t("value_is")} ${number(found.given, 5)}`);
  } catch (error) {
    if (mine === asked) page.fail(error);
  }
}

/** @param {any} found @param {Set<string | null>} opened */
function parts(found, opened) {
  const words = found.words[current()] ?? found.words.en;
  const head = el("div.inspector-head", {},
    el("h2", { id: "inspector-title", tabindex: "-1" }, found.key, " ", el("span.kind", {}, found.kind)),
    el("button.round", { type: "button", "aria-label": t("close"), click: () => page.close() }, "×"));
  const about = words ? el("p", found.words[current()] ? {} : { lang: "en" }, words) : null;
  const lines = found.formula ? el("div.formulas", {}, ...found.formula.split("\n").map((/** @type {string} */ each) => el("p", {}, formula(each)))) : null;
  const count = state.pass.layers.find((/** @type {any} */ layer) => layer.key === found.key)?.parameters;
  const size = count ? ` · ${t("parameters", { count: whole(count) })}` : "";
  const shapes = el("p.quiet", {}, t("shapes"), ": ", `${found.given.map(shapeText).join("; ") || "–"} → ${found.gives.map(shapeText).join("; ") || "–"}${size}`);
  const value = el("section.value-part", { "aria-labelledby": "working-title" }, el("h3", { id: "working-title" }, t("working")), fields(found), el("div", { id: "value" }));
  return [head, ...[about, lines].filter((each) => each !== null), shapes, value, output(found, opened), weights(found, opened), settings(found, opened)].filter((each) => each !== null);
}

/**
 * A part that can be folded.
 * @param {string} name
 * @param {string} title
 * @param {Set<string | null>} opened
 * @param {boolean} open
 * @param {...HTMLElement} inside
 */
function folded(name, title, opened, open, ...inside) {
  return el("details.part", { "data-part": name, open: open || opened.has(name) }, el("summary", {}, el("h3", {}, title)), ...inside);
}

/** @param {any} found @param {Set<string | null>} opened */
function output(found, opened) {
  if (found.drawn.form === "none") return null;
  const ofText = state.pass.layers.find((/** @type {any} */ layer) => layer.key === found.key)?.of_text;
  const options = { name: found.key, pick: (/** @type {any} */ hit) => page.select(found.key, { at: hit.at }), ...(ofText ? { places: state.pass.steps.places, ...(state.pass.steps.text ? { labels: state.pass.steps.labels } : {}) } : {}) };
  const picture = new Picture(found.drawn, options);
  return folded("output", t("whole_output"), opened, false, picture.element, el("p.legend", {}, scaleOf(found.drawn)));
}

/** @param {any} found @param {Set<string | null>} opened */
function weights(found, opened) {
  if (!found.weights.length) return el("p.quiet", {}, t("no_weights"));
  const each = found.weights.map((/** @type {any} */ weight) => {
    const made = el("div.weight", {}, el("h4", {}, weight.name, " ", el("span.shape", {}, shapeText(weight.shape))));
    if (!weight.drawn) return made;
    const stats = { least: number(weight.least, 3), most: number(weight.most, 3), mean: number(weight.mean, 3), deviation: number(weight.deviation, 3) };
    made.append(el("p.quiet", {}, t("weight_stats", stats)));
    made.append(new Picture(weight.drawn, { name: weight.name, tile: 34 }).element);
    const note = weight.shape.length === 2 ? t("columns_note") : weight.shape.length > 2 ? t("tiles_note") : "";
    made.append(el("p.legend", {}, scaleOf(weight.drawn), el("span", {}, note)));
    return made;
  });
  return folded("weights", t("weights"), opened, false, ...each);
}

/** @param {any} found @param {Set<string | null>} opened */
function settings(found, opened) {
  if (!found.settings.length) return null;
  const list = el("dl.settings", {}, ...found.settings.flatMap((/** @type {string[]} */ [name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  return folded("settings", t("settings"), opened, false, list);
}

// Which value

/** What the numbers of a value's place are called, how far they go, and how they make a question. @param {any} found */
function axes(found) {
  const layer = state.pass.layers.find((/** @type {any} */ each) => each.key === found.key);
  if (layer?.tracks) {
    const { directions } = layer.tracks;
    const names = Object.keys(directions);
    const { shape } = directions[names[0]]["state h"];
    const list = [["axis_step", layer.tracks.count], ["axis_unit", shape[1]]];
    return { list: names.length > 1 ? [["axis_direction", 2], ...list] : list, names };
  }
  const { form, shape, first } = found.drawn;
  const space = shape.length === 4 ? ["axis_depth", "axis_row", "axis_column"] : shape.length === 3 ? ["axis_row", "axis_column"] : ["axis_step"];
  const named = form === "vector" || shape.length < 2
    ? ["axis_unit"]
    : first ? ["axis_channel", ...space] : [...space, form === "steps" ? "axis_unit" : "axis_channel"];
  return { list: shape.map((/** @type {number} */ length, /** @type {number} */ i) => [named[i] ?? `${i + 1}`, length]), names: null };
}

/** Fields to choose a value by its place. @param {any} found */
function fields(found) {
  const { list, names } = axes(found);
  const made = el("fieldset.fields", {}, el("legend.unseen", {}, t("which_value")));
  list.forEach(([key, length], i) => {
    const name = `at-${i}`;
    if (key === "axis_direction") {
      made.append(el("label", {}, t(key), el("select", { name, change: choose }, el("option", { value: "0" }, t("forward")), el("option", { value: "1" }, t("backward")))));
      return;
    }
    made.append(el("label", {}, t(key), el("input", { type: "number", name, min: "0", max: String(length - 1), step: "1", placeholder: `0–${length - 1}`, change: choose })));
  });

  /** Ask for the value of the fields. */
  function choose() {
    const numbers = list.map(([, length], i) => {
      const field = /** @type {HTMLInputElement} */ (made.querySelector(`[name=at-${i}]`));
      return Math.max(0, Math.min(length - 1, Math.trunc(Number(field.value) || 0)));
    });
    if (!names) page.select(found.key, { at: numbers });
    else {
      const [step, unit] = numbers.slice(-2);
      page.select(found.key, { at: [unit], step, direction: names.length > 1 ? names[numbers[0]] : names[0] });
    }
  }
  return made;
}

/** Write the place of the selected value into the fields. */
function fillFields() {
  const chosen = state.selected;
  if (!chosen?.at || !shown) return;
  const { list, names } = axes(shown);
  const isState = chosen.step !== undefined && chosen.step !== null;
  const numbers = !names ? chosen.at : isState ? [...(list.length > 2 ? [names.indexOf(chosen.direction ?? "")] : []), chosen.step, ...chosen.at] : [];
  numbers.forEach((value, i) => {
    const field = /** @type {HTMLInputElement | null} */ (byId("inspector").querySelector(`[name=at-${i}]`));
    if (field) field.value = String(value);
  });
}

