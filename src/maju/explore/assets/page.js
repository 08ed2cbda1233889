/** The page: what happens when something is chosen, and in which order the parts are drawn. */

import { Refusal, ask, models, open } from "./api.js";
import { byId, el } from "./dom.js";
import * as flow from "./flow.js";
import * as input from "./input.js";
import * as inspector from "./inspector.js";
import { about, best, changed, state } from "./state.js";
import { choose, current, named, number, percent, t, whole } from "./words.js";

const SHOWN_CLASSES = 10;

// What is said

/** Say something to who listens to the page. @param {string} text */
function say(text) {
  byId("said").textContent = text;
}

/** Say what did not work. @param {any} error */
function fail(error) {
  const box = byId("message");
  const own = !(error instanceof Refusal) || error.own;
  const body = error.problems?.length > 1
    ? [el("p", {}, t("error_many", { count: error.problems.length })), el("ul", { lang: "en" }, ...error.problems.map((/** @type {string} */ each) => el("li", {}, each)))]
    : [el("p", own ? {} : { lang: "en" }, error.problems?.[0] ?? error.message)];
  const note = !own && current() !== "en" ? el("p.quiet", {}, t("english_only")) : null;
  box.replaceChildren(el("strong", {}, t("error_title")), ...(note ? [note] : []), ...body, el("button.round", { type: "button", "aria-label": t("dismiss"), click: clear }, "×"));
  box.hidden = false;
  busy("");
}

function clear() {
  byId("message").hidden = true;
}

/** Show that something takes its time. @param {string} text */
function busy(text) {
  byId("about").textContent = text || (state.model ? t("about", { name: state.model.title, layers: whole(state.model.layers), parameters: whole(state.model.parameters) }) : "");
  byId("flow").setAttribute("aria-busy", String(Boolean(text)));
  if (text) say(text);
}

// Models

function renderModels() {
  const groups = { file: t("own"), demo: t("demo"), tiny: t("tiny"), dropped: t("dropped") };
  const made = Object.entries(groups).map(([origin, label]) => {
    const own = state.models.filter((each) => each.origin === origin);
    return own.length ? el("optgroup", { label }, ...own.map((each) => el("option", { value: each.key, selected: each.key === state.model?.key }, each.title))) : null;
  });
  byId("models").replaceChildren(...made.filter((each) => each !== null));
}

/** @param {string} key */
async function openModel(key) {
  const entry = state.models.find((each) => each.key === key);
  busy(t(entry?.origin === "tiny" ? "training" : "opening"));
  try {
    took(await ask("open", { model: key }));
  } catch (error) {
    fail(error);
    renderModels();
  }
}

/** @param {File} file */
async function openFile(file) {
  busy(t("opening"));
  try {
    const model = await open(file);
    state.models.push({ key: model.key, title: model.title, origin: "dropped" });
    took(model);
  } catch (error) {
    fail(error);
  }
}

/** Show a model that was opened. @param {any} model */
function took(model) {
  clear();
  inspector.close();
  Object.assign(state, { model, pass: null, base: null, box: null, classes: null, step: 0, differences: null, target: null, camOn: false, coloursOn: false });
  state.dropped.clear();
  const { kind } = model.takes;
  state.input = model.samples.length ? { kind: "sample", index: 0 } : { kind: "random", seed: 0 };
  if (kind === "text" && model.samples.length) state.input = { kind: "text", text: model.samples[0].text };
  flow.forget();
  byId("layers").replaceChildren();
  byId("prediction-panel").hidden = true;
  busy("");
  renderModels();
  input.renderInput();
  renderKeras();
  run();
}

// A pass

let running = false;
let waiting = false;

/** Run the model on the input as it is now; of many changes at once only the last is run. */
async function run() {
  if (running) {
    waiting = true;
    return;
  }
  running = true;
  try {
    do {
      waiting = false;
      const { model, version } = state;
      const asChanged = changed();
      const pass = await ask("run", about());
      if (model !== state.model) continue;
      state.pass = { ...pass, changed: asChanged };
      if (!asChanged && version === state.version) state.base = pass.outputs;
      clear();
      renderPrediction();
      flow.renderFlow();
      input.showInput();
    } while (waiting);
    if (state.model.takes.kind === "image") input.refreshCam();
    else if (state.pass?.tokens) input.refreshColours();
    if (state.selected) inspector.renderInspector(false);
    if (state.kerasOn) refreshKeras();
  } catch (error) {
    fail(error);
  } finally {
    running = false;
  }
}

/** Take another input. @param {any} given */
function give(given) {
  Object.assign(state, { input: given, step: 0, target: null, base: null, version: state.version + 1 });
  state.dropped.clear();
  if (given.kind !== "sample" && given.kind !== "pixels") state.box = null;
  input.markSample();
  run();
}

function renderPrediction() {
  const panel = byId("prediction-panel");
  panel.hidden = false;
  const parts = state.pass.outputs.map(outputPart);
  const first = state.pass.outputs[0];
  const opened = byId("class-names")?.closest("details")?.open;
  byId("prediction").replaceChildren(...parts.flat(), ...namesPart(first, Boolean(opened)));
  if (first.kind !== "probabilities") return;
  const winner = best(first);
  const value = percent(Number(first.values[winner]));
  const label = named(first.labels[winner]);
  say(state.pass.changed && state.base ? t("changed", { label, value, before: percent(Number(state.base[0].values[winner])) }) : t("result", { label, value }));
}

/** @param {any} output @param {number} place */
function outputPart(output, place) {
  const before = state.pass.changed ? state.base?.[place] : null;
  const order = [...output.values.keys()].sort((a, b) => Number(output.values[b]) - Number(output.values[a]));
  const chosen = output.values.length > SHOWN_CLASSES ? order.slice(0, SHOWN_CLASSES) : [...output.values.keys()];
  const most = Math.max(1e-9, ...output.values.map((/** @type {any} */ value) => Math.abs(Number(value)) || 0));
  const list = el("ul.classes", {}, ...chosen.map((i) => {
    const value = Number(output.values[i]);
    const share = output.kind === "probabilities" ? value : Math.abs(value) / most;
    const show = output.kind === "probabilities" ? percent : number;
    const fill = el(value < 0 ? "span.fill.below" : "span.fill");
    fill.style.width = `${Math.max(0, Math.min(100, 100 * share))}%`;
    const bar = el("span.track", { "aria-hidden": "true" }, fill);
    const row = el(i === order[0] && output.kind === "probabilities" ? "li.best" : "li", {}, el("span.label", {}, named(output.labels[i])), bar, el("span.amount", {}, show(value)));
    if (before) {
      const old = Number(before.values[i]);
      const mark = el("span.was");
      mark.style.left = `${Math.max(0, Math.min(100, 100 * (output.kind === "probabilities" ? old : Math.abs(old) / most)))}%`;
      bar.append(mark);
      if (show(old) !== show(value)) row.append(el("span.before", {}, t("before", { value: show(old) })));
    }
    return row;
  }));
  return state.pass.outputs.length > 1 ? [el("h3", {}, output.name), list] : [list];
}

/** A field for the classes' names, where they may be others. @param {any} output @param {boolean} opened */
function namesPart(output, opened) {
  if (output.kind !== "probabilities" || state.pass.outputs.length > 1) return [];
  const field = el("input", { id: "class-names", type: "text", value: output.named ? output.labels.join(", ") : "", placeholder: t("names_own"), change: (/** @type {any} */ event) => {
    const names = event.target.value.split(",").map((/** @type {string} */ name) => name.trim());
    state.classes = names.length === output.values.length ? names : null;
    run();
  } });
  return [el("details.names", { open: opened }, el("summary", {}, t("class_names")), el("label.field", { for: "class-names" }, t("names_own"), field))];
}

// Looking into a layer

/**
 * @param {string} key
 * @param {object} place
 * @param {boolean} [focus]
 */
function select(key, place, focus = false) {
  const same = state.selected?.key === key;
  if (same && focus && !("at" in place)) {
    closeInspector();
    return;
  }
  state.selected = { key, ...place };
  flow.markSelected();
  if (same) inspector.renderValue();
  else inspector.renderInspector(focus);
}

function closeInspector() {
  inspector.close();
  flow.markSelected();
}

/** The slider has moved: a state that is looked into is that of the new step. @param {number} step */
let lastStep = -1;
function stepped(step) {
  const { selected } = state;
  if (step === lastStep) return;
  lastStep = step;
  if (!selected?.at || selected.step === undefined || selected.step === null || selected.step === step) return;
  state.selected = { ...selected, step };
  flow.markSelected();
  inspector.renderValue();
}

// Keras

function renderKeras() {
  const place = byId("keras-switch");
  place.hidden = !state.keras;
  place.replaceChildren(input.check("keras", t("keras"), state.kerasOn, (on) => {
    state.kerasOn = on;
    if (on) refreshKeras();
    else {
      byId("keras-note").textContent = "";
      flow.markDifferences();
      if (state.selected) inspector.renderValue();
    }
  }), el("p.quiet", { id: "keras-note", role: "status" }));
}

async function refreshKeras() {
  const note = byId("keras-note");
  if (!state.differences) note.textContent = t("keras_wait");
  try {
    state.differences = await ask("keras", about());
    const most = Math.max(0, ...Object.values(state.differences.differences).map(Number));
    note.textContent = t("keras_same", { version: state.differences.version, most: number(most, 2) });
    flow.markDifferences();
    if (state.selected) inspector.renderValue();
  } catch (error) {
    state.kerasOn = false;
    byId("keras").checked = false;
    note.textContent = "";
    fail(error);
  }
}

// The frame

function renderLanguage() {
  document.documentElement.lang = current();
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = t(/** @type {string} */ (each.getAttribute("data-t")));
  for (const each of document.querySelectorAll("[data-t-label]")) each.setAttribute("aria-label", t(/** @type {string} */ (each.getAttribute("data-t-label"))));
  for (const each of document.querySelectorAll("[data-language]")) each.setAttribute("aria-pressed", String(each.getAttribute("data-language") === current()));
  document.title = `maju explore · ${t("title")}`;
}

function renderAll() {
  renderLanguage();
  renderModels();
  if (!state.model) return;
  busy("");
  byId("time").replaceChildren();
  input.renderInput();
  renderKeras();
  if (!state.pass) return;
  flow.forget();
  renderPrediction();
  flow.renderFlow();
  flow.markDifferences();
  if (state.model.takes.kind === "image") input.refreshCam();
  else input.refreshColours();
  if (state.selected) inspector.renderInspector(false);
}

function listen() {
  byId("models").addEventListener("change", (/** @type {any} */ event) => openModel(event.target.value));
  byId("choose-file").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", (/** @type {any} */ event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) openFile(file);
  });
  for (const each of document.querySelectorAll("[data-language]")) {
    each.addEventListener("click", () => {
      choose(/** @type {string} */ (each.getAttribute("data-language")));
      renderAll();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.selected) closeInspector();
  });
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    byId("drop").hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) byId("drop").hidden = true;
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").hidden = true;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    if (file.type.startsWith("image/") && state.model?.takes.kind === "image") input.chosenImage(file);
    else openFile(file);
  });
}

async function start() {
  renderLanguage();
  listen();
  input.connect({ give, again: run, fail });
  flow.connect(select, stepped);
  inspector.connect({ select, close: closeInspector, fail, say });
  try {
    const found = await models();
    state.models = found.models;
    state.keras = found.keras;
    renderModels();
    await openModel(found.first);
  } catch (error) {
    fail(error);
  }
}

start();
