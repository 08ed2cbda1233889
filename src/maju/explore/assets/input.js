/** The input: samples, an image of one's own, a sentence, and what is covered or left out of it. */

import { ask, base64, bytes, floats } from "./api.js";
import { ink, shade } from "./colours.js";
import { byId, el } from "./dom.js";
import { about, best, changed, state } from "./state.js";
import { named, number, percent, t } from "./words.js";

const SCALES = ["auto", "0..1", "-1..1", "0..255"];
const FEW = 12;

/** @type {{give: (input: any) => void, again: () => void, fail: (error: unknown) => void}} */
let page;
/** How large the patch is, as a share of the image. */
let share = 0.3;
/** @type {any} what Grad-CAM found last */
let cam = null;

/** Let the page know what is given. @param {typeof page} hooks */
export function connect(hooks) {
  page = hooks;
}

/** Draw the panel for the model that is open. */
export function renderInput() {
  const panel = byId("input");
  const draw = { image: imagePanel, text: textPanel, ids: idsPanel, arrays: arraysPanel };
  panel.replaceChildren(...draw[/** @type {keyof typeof draw} */ (state.model.takes.kind)]());
  showInput();
}

/** Draw what belongs to the last pass: the image with what lies over it, or the tokens. */
export function showInput() {
  if (!state.pass) return;
  if (state.model.takes.kind === "image") drawImage();
  if (state.pass.tokens) drawTokens();
  const undo = byId("undo");
  if (undo) undo.hidden = !changed();
}

// Images

function imagePanel() {
  const { width, height } = state.model.takes;
  const canvas = el("canvas.input-image", { id: "input-image", role: "img" });
  const patch = el("button.patch", { id: "patch", type: "button", hidden: true, keydown: movePatch, pointerdown: dragPatch });
  const cover = check("cover", t("cover"), state.box !== null, (on) => {
    state.box = on ? middleBox() : null;
    placePatch();
    page.again();
  });
  const size = el("input", {
    type: "range", id: "cover-size", min: "10", max: "70", value: String(Math.round(100 * share)),
    input: (/** @type {any} */ event) => {
      share = Number(event.target.value) / 100;
      if (!state.box) return;
      state.box = around(state.box.top + state.box.height / 2, state.box.left + state.box.width / 2);
      placePatch();
      page.again();
    },
  });
  const parts = [
    el("div.image-holder", { id: "image-holder", pointerdown: jumpPatch }, canvas, patch),
    el("p.quiet", { id: "cam-note", hidden: true }),
    samples(),
    el("div.row", {},
      el("button", { type: "button", click: () => byId("image-file").click() }, t("upload_image")),
      el("button", { type: "button", click: () => page.give({ kind: "random", seed: Math.floor(Math.random() * 1e6) }) }, t("random"))),
    el("input", { type: "file", id: "image-file", accept: "image/*", hidden: true, change: (/** @type {any} */ event) => chosenImage(event.target.files[0]) }),
    el("div.switches", {}, cover, el("label.sub", { id: "cover-size-label", for: "cover-size" }, t("cover_size"), size)),
  ];
  if (state.model.grad_cam) {
    const choice = el("select", { id: "cam-target", "aria-label": t("grad_cam"), change: (/** @type {any} */ event) => {
      state.target = event.target.value === "" ? null : Number(event.target.value);
      state.camOn = true;
      byId("cam").checked = true;
      refreshCam();
    } });
    const box = check("cam", t("grad_cam"), state.camOn, (on) => {
      state.camOn = on;
      refreshCam();
    });
    parts.push(el("div.switches", {}, box, choice));
  }
  parts.push(undoButton(), el("details.names", {}, el("summary", {}, t("own_images")),
    el("p.quiet", {}, t("resized", { width, height })),
    el("label.field", { for: "scale" }, t("scale"),
      el("select", { id: "scale", change: (/** @type {any} */ event) => {
        state.scale = event.target.value;
        page.again();
      } }, ...SCALES.map((scale) => el("option", { value: scale, selected: scale === state.scale }, scale === "auto" ? t("scale_auto") : scale.replace("..", " … ").replace("-", "−")))))));
  return parts;
}

/**
 * A box to tick.
 * @param {string} id
 * @param {string} text
 * @param {boolean} on
 * @param {(on: boolean) => void} change
 */
export function check(id, text, on, change) {
  return el("label.check", { for: id }, el("input", { type: "checkbox", id, checked: on, change: (/** @type {any} */ event) => change(event.target.checked) }), text);
}

/** The samples as small pictures. */
function samples() {
  const list = el("div.samples", { role: "group", "aria-label": t("samples") });
  state.model.samples.forEach((/** @type {any} */ sample, /** @type {number} */ index) => {
    if (!sample.data) return;
    const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { width: sample.width, height: sample.height }));
    paint(canvas, bytes(sample.data), sample.width, sample.height);
    const title = sample.title.split(": ").map(named).join(": ");
    list.append(el("button.sample", {
      type: "button", title, "aria-label": t("sample", { number: index + 1, title }), "aria-pressed": String(isSample(index)),
      click: () => page.give({ kind: "sample", index }),
    }, canvas));
  });
  return list;
}

/** @param {number} index */
const isSample = (index) => state.input?.kind === "sample" && state.input.index === index;

/** Mark the sample that was chosen. */
export function markSample() {
  document.querySelectorAll(".sample").forEach((button, index) => button.setAttribute("aria-pressed", String(isSample(index))));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data of red, green and blue
 * @param {number} width
 * @param {number} height
 */
function paint(canvas, data, width, height) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i += 1) image.data.set([data[3 * i], data[3 * i + 1], data[3 * i + 2], 255], 4 * i);
  context.putImageData(image, 0, 0);
}

/** Bring an image of the user's to the model's size, here in the browser. @param {File} file */
export async function chosenImage(file) {
  if (!file) return;
  const { width, height } = state.model.takes;
  try {
    const picture = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, width, height);
    const rgba = context.getImageData(0, 0, width, height).data;
    const rgb = new Uint8Array(3 * width * height);
    for (let i = 0; i < width * height; i += 1) rgb.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
    page.give({ kind: "pixels", data: base64(rgb) });
  } catch {
    page.fail(new Error(t("error_image")));
  }
}

function drawImage() {
  const { width, height, data } = state.pass.input;
  const canvas = /** @type {HTMLCanvasElement} */ (byId("input-image"));
  if (!canvas || !data) return;
  canvas.width = width;
  canvas.height = height;
  canvas.setAttribute("aria-label", t("input"));
  paint(canvas, bytes(data), width, height);
  if (state.camOn && cam) drawCam(canvas, width, height);
  placePatch();
}

/** Lay what speaks for a class over the image. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function drawCam(canvas, width, height) {
  const times = Math.max(1, Math.round(256 / width));
  const picture = document.createElement("canvas");
  picture.width = width;
  picture.height = height;
  picture.getContext("2d")?.drawImage(canvas, 0, 0);
  const [rows, columns] = cam.size;
  const map = document.createElement("canvas");
  map.width = columns;
  map.height = rows;
  const small = /** @type {CanvasRenderingContext2D} */ (map.getContext("2d"));
  const image = small.createImageData(columns, rows);
  cam.values.forEach((/** @type {number} */ value, /** @type {number} */ i) => image.data.set([...shade(value, { low: 0, high: 1, signed: false }), 255 * (0.1 + 0.65 * value)], 4 * i));
  small.putImageData(image, 0, 0);
  canvas.width = width * times;
  canvas.height = height * times;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.filter = "grayscale(1)";
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.filter = "none";
  context.imageSmoothingEnabled = true;
  context.drawImage(map, 0, 0, canvas.width, canvas.height);
}

/** Ask for Grad-CAM, or take it off. */
export async function refreshCam() {
  const note = byId("cam-note");
  const choice = byId("cam-target");
  if (choice && state.pass) {
    const output = state.pass.outputs[0];
    const chosen = state.target ?? best(output);
    choice.replaceChildren(...output.labels.slice(0, 100).map((/** @type {string} */ label, /** @type {number} */ i) => el("option", { value: String(i), selected: i === chosen }, named(label))));
  }
  if (!note) return;
  if (!state.camOn) {
    cam = null;
    note.hidden = true;
    drawImage();
    return;
  }
  try {
    const found = await ask("grad-cam", about({ target: state.target }));
    cam = { ...found, values: floats(found.data) };
    note.textContent = t(found.nothing ? "grad_cam_nothing" : "grad_cam_at", { layer: found.layer });
    note.hidden = false;
    drawImage();
  } catch (error) {
    state.camOn = false;
    byId("cam").checked = false;
    page.fail(error);
  }
}

// The patch

function middleBox() {
  const { width, height } = state.model.takes;
  return around(height / 2, width / 2);
}

/** The box around a point. @param {number} row @param {number} column */
function around(row, column) {
  const { width, height } = state.model.takes;
  const side = Math.max(1, Math.round(share * Math.min(width, height)));
  const inside = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(most - side, Math.round(value - side / 2)));
  return { top: inside(row, height), left: inside(column, width), height: side, width: side };
}

function placePatch() {
  const patch = byId("patch");
  if (!patch) return;
  patch.hidden = !state.box;
  byId("cover-size-label").hidden = !state.box;
  byId("image-holder").classList.toggle("covers", Boolean(state.box));
  if (!state.box) return;
  const { width, height } = state.model.takes;
  patch.style.left = `${(100 * state.box.left) / width}%`;
  patch.style.top = `${(100 * state.box.top) / height}%`;
  patch.style.width = `${(100 * state.box.width) / width}%`;
  patch.style.height = `${(100 * state.box.height) / height}%`;
  patch.setAttribute("aria-label", t("patch", { row: state.box.top, column: state.box.left }));
}

/** @param {KeyboardEvent} event */
function movePatch(event) {
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const move = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (!move || !state.box) return;
  event.preventDefault();
  const { top, left, height, width } = state.box;
  state.box = around(top + height / 2 + move[0], left + width / 2 + move[1]);
  placePatch();
  page.again();
}

/** @param {PointerEvent} event */
function jumpPatch(event) {
  if (!state.box) return;
  dragTo(event);
  dragPatch(event);
}

/** @param {PointerEvent} event */
function dragPatch(event) {
  event.preventDefault();
  event.stopPropagation();
  byId("patch").focus({ preventScroll: true });
  const stop = () => {
    window.removeEventListener("pointermove", dragTo);
    window.removeEventListener("pointerup", stop);
    window.removeEventListener("pointercancel", stop);
  };
  window.addEventListener("pointermove", dragTo);
  window.addEventListener("pointerup", stop);
  window.addEventListener("pointercancel", stop);
}

/** @param {PointerEvent} event */
function dragTo(event) {
  const frame = byId("image-holder").getBoundingClientRect();
  const { width, height } = state.model.takes;
  const next = around(((event.clientY - frame.top) / frame.height) * height, ((event.clientX - frame.left) / frame.width) * width);
  if (state.box && next.top === state.box.top && next.left === state.box.left) return;
  state.box = next;
  placePatch();
  page.again();
}

// Texts

function textPanel() {
  const given = state.input?.kind === "text" ? state.input.text : state.input?.kind === "sample" ? state.model.samples[state.input.index].text : "";
  let waiting = 0;
  const area = el("textarea", {
    id: "text", rows: "3", lang: "id", spellcheck: "false", value: given,
    input: (/** @type {any} */ event) => {
      clearTimeout(waiting);
      waiting = window.setTimeout(() => page.give({ kind: "text", text: event.target.value }), 250);
    },
  });
  const list = el("select", { id: "text-samples", change: (/** @type {any} */ event) => {
    const { text } = state.model.samples[Number(event.target.value)];
    byId("text").value = text;
    page.give({ kind: "text", text });
  } }, el("option", { value: "", disabled: true, selected: true }, "—"), ...state.model.samples.map((/** @type {any} */ sample, /** @type {number} */ index) =>
    el("option", { value: String(index) }, `${sample.title.split(": ").map(named).join(": ")} · ${sample.text.length > 60 ? `${sample.text.slice(0, 59)}…` : sample.text}`)));
  return [
    el("label.field", { for: "text" }, t("type_text"), area),
    el("label.field", { for: "text-samples" }, t("text_samples"), list),
    ...tokensHolder(),
  ];
}

function idsPanel() {
  const { table, length } = state.model.takes;
  const given = state.input?.kind === "ids" ? state.input.ids.join(" ") : "";
  const field = el("input", { id: "ids", type: "text", inputmode: "numeric", value: given, "aria-describedby": "ids-hint", change: (/** @type {any} */ event) => {
    const ids = event.target.value.split(/[\s,;]+/).filter(Boolean).map(Number);
    page.give({ kind: "ids", ids });
  } });
  return [
    el("label.field", { for: "ids" }, t("ids", { most: table - 1 }), field),
    el("p.quiet", { id: "ids-hint" }, t("ids_hint") + (length ? ` (≤ ${length})` : "")),
    el("div.row", {}, el("button", { type: "button", click: () => page.give({ kind: "random", seed: Math.floor(Math.random() * 1e6) }) }, t("random")), ...arrayButton()),
    ...tokensHolder(),
  ];
}

function arraysPanel() {
  const shapes = Object.entries(state.model.takes.shapes).map(([name, shape]) => `${name}: ${/** @type {any[]} */ (shape).map((n) => n ?? "?").join(" × ") || "1"}`).join("; ");
  return [
    el("p.quiet", {}, t("arrays_hint", { shapes })),
    el("div.row", {}, el("button", { type: "button", click: () => page.give({ kind: "random", seed: Math.floor(Math.random() * 1e6) }) }, t("random")), ...arrayButton()),
  ];
}

function arrayButton() {
  const read = async (/** @type {any} */ event) => {
    const [file] = event.target.files;
    if (file) page.give({ kind: "file", data: base64(new Uint8Array(await file.arrayBuffer())) });
  };
  return [
    el("button", { type: "button", click: () => byId("array-file").click() }, t("choose_array")),
    el("input", { type: "file", id: "array-file", accept: ".npy,.npz", hidden: true, change: read }),
  ];
}

function tokensHolder() {
  const box = check("colours", t("colour_words"), state.coloursOn, (on) => {
    state.coloursOn = on;
    refreshColours();
  });
  const choice = el("select", { id: "colours-target", "aria-label": t("colour_words"), change: (/** @type {any} */ event) => {
    state.target = Number(event.target.value);
    state.coloursOn = true;
    byId("colours").checked = true;
    refreshColours();
  } });
  return [
    el("h3", {}, t("tokens")),
    el("p.quiet", {}, t("tokens_hint")),
    el("div.tokens", { id: "tokens", role: "group", "aria-label": t("tokens") }),
    el("div.switches", {}, box, choice),
    el("p.quiet", { id: "colours-note", hidden: true }),
    undoButton(),
  ];
}

function undoButton() {
  return el("button", { type: "button", id: "undo", hidden: true, click: () => {
    state.dropped.clear();
    state.box = null;
    const cover = byId("cover");
    if (cover) cover.checked = false;
    placePatch();
    page.again();
  } }, t("undo"));
}

/** @type {number[] | null} what each token adds */
let added = null;

function drawTokens() {
  const holder = byId("tokens");
  if (!holder) return;
  const { words, padding } = state.pass.tokens;
  const focused = document.activeElement?.closest?.("#tokens button")?.getAttribute("data-place");
  const most = Math.max(1e-9, ...(added ?? []).map((value) => Math.abs(value)));
  const chips = [];
  let run = 0;
  words.forEach((/** @type {string} */ word, /** @type {number} */ place) => {
    if (padding[place]) {
      run += 1;
      return;
    }
    if (run) chips.push(paddingChip(run));
    run = 0;
    const off = state.dropped.has(place);
    const chip = el("button.token", {
      type: "button", "data-place": place, "aria-pressed": String(off), title: t(off ? "put_back" : "leave_out", { word }),
      click: () => {
        if (off) state.dropped.delete(place);
        else state.dropped.add(place);
        page.again();
      },
    }, word);
    if (state.coloursOn && added) {
      const rgb = shade(added[place], { low: -most, high: most, signed: true });
      chip.style.background = `rgb(${rgb.join(" ")})`;
      chip.style.color = ink(rgb);
      chip.append(el("small", {}, `${added[place] > 0 ? "+" : ""}${number(added[place], 2)}`));
    }
    chips.push(chip);
  });
  if (run) chips.push(paddingChip(run));
  holder.replaceChildren(...chips);
  if (focused) holder.querySelector(`[data-place="${focused}"]`)?.focus();
}

/** @param {number} count */
const paddingChip = (count) => el("span.token.padding", {}, t("more_padding", { count }));

/** Ask what each token adds, or take the colours off. */
export async function refreshColours() {
  const note = byId("colours-note");
  const choice = byId("colours-target");
  if (!note || !state.pass) return;
  const output = state.pass.outputs[0];
  const chosen = state.target ?? best(output);
  choice.replaceChildren(...output.labels.slice(0, 100).map((/** @type {string} */ label, /** @type {number} */ i) => el("option", { value: String(i), selected: i === chosen }, named(label))));
  note.hidden = !state.coloursOn;
  if (!state.coloursOn) {
    added = null;
    drawTokens();
    return;
  }
  try {
    const found = await ask("contributions", { ...about({ target: chosen }), drop: [] });
    added = found.values;
    note.textContent = `${t("against_it")} ◀ ▶ ${t("for_it")}: ${named(output.labels[chosen])} (${percent(found.of)})`;
    drawTokens();
  } catch (error) {
    state.coloursOn = false;
    byId("colours").checked = false;
    page.fail(error);
  }
}
