/** What a layer gave as a picture: maps side by side, features over steps, or bars. */

import { floats } from "./api.js";
import { css, gradient, paint } from "./colours.js";
import { el } from "./dom.js";
import { number, t } from "./words.js";

/**
 * @typedef {object} Drawn what the server says of an array
 * @property {"maps" | "steps" | "vector" | "none"} form
 * @property {number[]} shape the whole array's
 * @property {number[]} size of the data
 * @property {string} data
 * @property {Float32Array} [values] in the place of data
 * @property {number} low
 * @property {number} high
 * @property {boolean} signed
 * @property {boolean} [first] whether channels come first
 * @property {number} [stride]
 * @property {number[]} [middle]
 *
 * @typedef {object} Hit a value in a picture
 * @property {number[]} at its place in the array
 * @property {number} value
 * @property {string} where in words
 *
 * @typedef {object} Options
 * @property {string} name what the picture is of
 * @property {number[]} [places] which steps the columns are
 * @property {string[]} [labels] what stands below each column
 * @property {boolean[]} [padding] which columns are padding
 * @property {boolean} [skipped] whether padding is left out by a mask
 * @property {(hit: Hit) => void} [pick] what to do with a value that is pressed
 * @property {number} [tile] how wide a map is to be
 */

const GAP = 4;
const MOST_BARS = 80;
const LONGEST = 18;
const FONT = "11px system-ui, sans-serif";
const ACCENT = "#d55e00";
/** Where values are painted before they are drawn larger. */
const small = document.createElement("canvas");
/** @type {HTMLElement | null} */
let tip = null;

export class Picture {
  /**
   * @param {Drawn} drawn
   * @param {Options} options
   */
  constructor(drawn, options) {
    this.drawn = drawn;
    this.options = options;
    this.values = drawn.values ?? floats(drawn.data);
    /** @type {number | null} */
    this.step = null;
    /** @type {number[] | null} */
    this.marked = null;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { role: "img", "aria-label": this.label() }));
    this.element = el("div.picture", {}, el("div.scroll", {}, this.canvas));
    if (options.pick) {
      this.canvas.classList.add("picks");
      this.canvas.addEventListener("click", (event) => {
        const hit = this.hit(event);
        if (hit) this.options.pick?.(hit);
      });
    }
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => hideTip());
    this.width = 0;
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.element);
  }

  /**
   * Whether other values can take the place of these.
   * @param {Drawn} drawn
   */
  fits(drawn) {
    return drawn.form === this.drawn.form && String(drawn.size) === String(this.drawn.size);
  }

  /**
   * Draw other values in the place of these.
   * @param {Drawn} drawn
   * @param {Options} options
   */
  update(drawn, options) {
    Object.assign(this, { drawn, options, values: drawn.values ?? floats(drawn.data), marked: null });
    this.canvas.setAttribute("aria-label", this.label());
    if (this.width) this.draw();
  }

  /** What a screen reader says of it. */
  label() {
    const { shape, low, high } = this.drawn;
    return `${t("heat_map", { name: this.options.name })}, ${shape.join(" × ")}, ${number(low)} … ${number(high)}`;
  }

  /** Draw anew where the room has changed. */
  fit() {
    const room = Math.floor(this.element.clientWidth);
    if (room && room !== this.width) {
      this.width = room;
      this.draw();
    }
  }

  /** Show which step is meant. @param {number | null} step a column */
  cursor(step) {
    if (this.step === step) return;
    this.step = step;
    if (this.width) this.draw();
  }

  /** Show which value is meant. @param {number[] | null} at */
  mark(at) {
    if (String(this.marked) === String(at)) return;
    this.marked = at;
    if (this.width) this.draw();
  }

  draw() {
    const draw = { maps: () => this.maps(), steps: () => this.steps(), vector: () => this.vector(), none: () => {} };
    draw[this.drawn.form]();
  }

  /**
   * The canvas in a size of CSS pixels.
   * @param {number} width
   * @param {number} height
   */
  sized(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.scrolls(width > this.width + 1);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    return context;
  }

  /** Let the keyboard scroll a picture that is wider than its room. @param {boolean} wide */
  scrolls(wide) {
    const room = /** @type {HTMLElement} */ (this.canvas.parentElement);
    for (const [key, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": this.options.name })) {
      if (wide) room.setAttribute(key, value);
      else room.removeAttribute(key);
    }
  }

  /**
   * The values as small pixels, to be drawn larger.
   * @param {number} rows
   * @param {number} columns
   */
  pixels(rows, columns) {
    const context = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d", { willReadFrequently: true }));
    small.width = columns;
    small.height = rows;
    const image = context.createImageData(columns, rows);
    paint(this.values, this.drawn, new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
    return small;
  }

  // Maps

  maps() {
    const [channels, rows, columns] = this.drawn.size;
    const usual = channels <= 4 ? 104 : channels <= 16 ? 68 : channels <= 32 ? 54 : 42;
    const wanted = this.options.tile ?? (this.width < 420 ? 0.8 * usual : usual);
    const across = Math.max(1, Math.min(channels, Math.floor((this.width + GAP) / (wanted + GAP))));
    const wide = Math.min(wanted * 1.25, (this.width - GAP * (across - 1)) / across);
    const high = Math.min(2 * wide, (wide * rows) / columns);
    this.grid = { across, wide, high };
    const down = Math.ceil(channels / across);
    const context = this.sized(across * (wide + GAP) - GAP, down * (high + GAP) - GAP);
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const pixels = this.pixels(channels * rows, columns);
    context.strokeStyle = dark ? "#ffffff26" : "#00000026";
    context.lineWidth = 1;
    for (let channel = 0; channel < channels; channel += 1) {
      const [x, y] = this.corner(channel);
      context.drawImage(pixels, 0, channel * rows, columns, rows, x, y, wide, high);
      context.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1);
    }
    if (this.marked) this.frame(context);
  }

  /** Where a channel's map begins. @param {number} channel */
  corner(channel) {
    const { across, wide, high } = /** @type {{across: number, wide: number, high: number}} */ (this.grid);
    return [(channel % across) * (wide + GAP), Math.floor(channel / across) * (high + GAP)];
  }

  /** A frame around the value that is meant. @param {CanvasRenderingContext2D} context */
  frame(context) {
    const place = this.placeOf(/** @type {number[]} */ (this.marked));
    if (!place) return;
    const [x, y, wide, high] = place;
    context.lineWidth = 3;
    context.strokeStyle = "#fff";
    context.strokeRect(x - 1, y - 1, wide + 2, high + 2);
    context.lineWidth = 2;
    context.strokeStyle = ACCENT;
    context.strokeRect(x - 1, y - 1, wide + 2, high + 2);
  }

  /**
   * Where a value is drawn: x, y, width and height.
   * @param {number[]} at
   * @returns {number[] | null}
   */
  placeOf(at) {
    const { form, size, first, stride = 1 } = this.drawn;
    if (form === "maps") {
      const [channel, row, column] = first ? [at[0], ...at.slice(-2)] : [at[at.length - 1], ...at.slice(-3, -1)];
      if (channel >= size[0]) return null;
      const { wide, high } = /** @type {{wide: number, high: number}} */ (this.grid);
      const [x, y] = this.corner(channel);
      const cell = [wide / size[2], high / size[1]];
      return [x + Math.floor(column / stride) * cell[0], y + Math.floor(row / stride) * cell[1], ...cell];
    }
    const { cell } = this;
    if (!cell) return null;
    if (form === "steps") {
      const [feature, step] = first ? at : [at[1], at[0]];
      const column = this.options.places ? this.options.places.indexOf(step) : step;
      return column < 0 || feature >= size[0] ? null : [column * cell[0], feature * cell[1], ...cell];
    }
    const i = at[0] ?? 0;
    if (i >= size[0]) return null;
    if (this.across) return [(i % this.across) * cell[0], Math.floor(i / this.across) * cell[1], ...cell];
    return [i * cell[0] + 1, 1, cell[0] - 2, cell[1] - 2];
  }

  // Features over steps

  steps() {
    const [features, steps] = this.drawn.size;
    const labels = this.options.labels;
    const wide = Math.max(labels ? 15 : 3, Math.min(46, this.width / steps));
    const high = Math.max(2, Math.min(14, 190 / features));
    this.cell = [wide, high];
    const below = labels ? 12 + Math.max(...labels.map((label) => lengthOf(cut(label)))) : 0;
    const tall = features * high;
    const context = this.sized(wide * steps, tall + below);
    context.drawImage(this.pixels(features, steps), 0, 0, wide * steps, tall);
    const style = getComputedStyle(this.element);
    (this.options.padding ?? []).forEach((off, column) => {
      if (off) hatch(context, column * wide, 0, wide, tall, Boolean(this.options.skipped));
    });
    if (this.step !== null && this.step < steps) {
      context.strokeStyle = ACCENT;
      context.lineWidth = 2.5;
      context.strokeRect(this.step * wide + 1.25, 1.25, wide - 2.5, tall - 2.5);
    }
    if (labels) {
      context.font = FONT;
      context.textBaseline = "middle";
      labels.forEach((label, column) => {
        context.fillStyle = column === this.step ? ACCENT : style.color;
        context.globalAlpha = this.options.padding?.[column] ? 0.7 : 1;
        context.save();
        context.translate(column * wide + wide / 2, tall + 7);
        context.rotate(Math.PI / 2);
        context.fillText(cut(label), 0, 0);
        context.restore();
      });
      context.globalAlpha = 1;
    }
    if (this.marked) this.frame(context);
  }

  // A vector

  vector() {
    const [count] = this.drawn.size;
    if (count > MOST_BARS) {
      const side = count < 400 ? 12 : count < 2500 ? 8 : 5;
      this.across = Math.max(1, Math.floor(this.width / side));
      this.cell = [side, side];
      const rows = Math.ceil(count / this.across);
      const context = this.sized(this.across * side, rows * side);
      context.drawImage(this.pixels(rows, this.across), 0, 0, this.across * side, rows * side);
    } else {
      this.across = 0;
      const tall = 84;
      const wide = Math.max(4, Math.min(44, this.width / count));
      this.cell = [wide, tall];
      const context = this.sized(wide * count, tall);
      const low = Math.min(0, Number(this.drawn.low));
      const high = Math.max(0, Number(this.drawn.high));
      const y = (/** @type {number} */ value) => 2 + (tall - 4) * (1 - (value - low) / (high - low || 1));
      for (let i = 0; i < count; i += 1) {
        const value = Number.isFinite(this.values[i]) ? this.values[i] : 0;
        context.fillStyle = this.drawn.signed ? css(value, this.drawn) : "#2c728e";
        context.fillRect(i * wide + 1, Math.min(y(0), y(value)), Math.max(1, wide - 2), Math.max(1, Math.abs(y(0) - y(value))));
        context.strokeStyle = "#00000040";
        context.lineWidth = 1;
        if (wide > 7) context.strokeRect(i * wide + 1.5, Math.min(y(0), y(value)) + 0.5, wide - 3, Math.abs(y(0) - y(value)));
      }
      context.strokeStyle = getComputedStyle(this.element).color;
      context.globalAlpha = 0.5;
      context.beginPath();
      context.moveTo(0, y(0));
      context.lineTo(wide * count, y(0));
      context.stroke();
      context.globalAlpha = 1;
    }
    if (this.marked) this.frame(/** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d")));
  }

  // What is pressed

  /**
   * The value under the pointer.
   * @param {MouseEvent} event
   * @returns {Hit | null}
   */
  hit(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { form, size, first, stride = 1, middle = [] } = this.drawn;
    if (form === "maps" && this.grid) {
      const { across, wide, high } = this.grid;
      const [i, j] = [Math.floor(x / (wide + GAP)), Math.floor(y / (high + GAP))];
      const channel = j * across + i;
      const column = Math.floor(((x - i * (wide + GAP)) / wide) * size[2]);
      const row = Math.floor(((y - j * (high + GAP)) / high) * size[1]);
      if (i >= across || channel >= size[0] || column >= size[2] || row >= size[1] || row < 0 || column < 0) return null;
      const place = [...middle, row * stride, column * stride];
      const at = first ? [channel, ...place] : [...place, channel];
      const where = `${t("channel", { number: channel })}, ${t("axis_row")} ${row * stride}, ${t("axis_column")} ${column * stride}`;
      return { at, value: this.values[(channel * size[1] + row) * size[2] + column], where };
    }
    if (!this.cell) return null;
    if (form === "steps") {
      const [column, feature] = [Math.floor(x / this.cell[0]), Math.floor(y / this.cell[1])];
      if (column < 0 || feature < 0 || column >= size[1] || feature >= size[0]) return null;
      const step = this.options.places ? this.options.places[column] : column;
      const word = this.options.labels ? ` (${this.options.labels[column]})` : "";
      const where = `${t("axis_unit")} ${feature}, ${t("axis_step")} ${step}${word}`;
      return { at: first ? [feature, step] : [step, feature], value: this.values[feature * size[1] + column], where };
    }
    const i = this.across
      ? Math.floor(y / this.cell[1]) * this.across + Math.floor(x / this.cell[0])
      : Math.floor(x / this.cell[0]);
    if (i < 0 || i >= size[0] || (this.across && x >= this.across * this.cell[0])) return null;
    return { at: this.drawn.shape.length ? [i] : [], value: this.values[i], where: `${t("axis_place")} ${i}` };
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const hit = event.pointerType === "touch" ? null : this.hit(event);
    if (hit) showTip(event, `${hit.where}: ${number(hit.value)}`);
    else hideTip();
  }
}

/** A word for below a column. @param {string} label */
const cut = (label) => (label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label);

const ruler = document.createElement("canvas").getContext("2d");

/** How long a word is in pixels. @param {string} text */
function lengthOf(text) {
  if (!ruler) return 7 * text.length;
  ruler.font = FONT;
  return ruler.measureText(text).width;
}

/**
 * What the ends of the colours stand for.
 * @param {Drawn} drawn
 */
export function scaleOf(drawn) {
  const bars = drawn.form === "vector" && drawn.size[0] <= MOST_BARS && !drawn.signed;
  if (bars) return el("span.scale", {}, `${number(drawn.low, 3)} … ${number(drawn.high, 3)}`);
  const bar = el("span.bar", { "aria-hidden": "true" });
  bar.style.background = gradient(drawn);
  return el("span.scale", {}, el("span", {}, number(drawn.low, 3)), bar, el("span", {}, number(drawn.high, 3)));
}

/**
 * Hatch a column of padding.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} wide
 * @param {number} high
 * @param {boolean} skipped whether there is nothing to see below the hatches
 */
function hatch(context, x, y, wide, high, skipped) {
  context.save();
  const right = Math.ceil(x + wide); // whole pixels, so that nothing shows between two columns
  x = Math.floor(x);
  wide = right - x;
  context.beginPath();
  context.rect(x, y, wide, high);
  context.clip();
  if (skipped) {
    context.fillStyle = "#d9d9d9";
    context.fillRect(x, y, wide, high);
  }
  context.strokeStyle = skipped ? "#9a9a9a" : "#ffffff";
  context.lineWidth = skipped ? 1 : 1.6;
  for (let at = -high; at < wide; at += 7) {
    context.beginPath();
    context.moveTo(x + at, y + high);
    context.lineTo(x + at + high, y);
    context.stroke();
  }
  context.restore();
}

/**
 * @param {MouseEvent} event
 * @param {string} text
 */
function showTip(event, text) {
  tip ??= document.getElementById("tip");
  if (!tip) return;
  tip.textContent = text;
  tip.hidden = false;
  const left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${event.clientY + 16 + tip.offsetHeight > window.innerHeight ? event.clientY - 12 - tip.offsetHeight : event.clientY + 16}px`;
}

function hideTip() {
  if (tip) tip.hidden = true;
}
