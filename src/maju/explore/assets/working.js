/** How one value comes about, as the server tells it: lines of arithmetic, sums of products, windows, gates. */

import { ink, shade } from "./colours.js";
import { el, formula } from "./dom.js";
import { number, t, whole } from "./words.js";

const FIRST_TERMS = 6;
const FIRST_GRIDS = 3;

/**
 * The whole of it.
 * @param {any} found what the server says of a value
 * @returns {HTMLElement}
 */
export function working(found) {
  if (!found.parts) return el("p", {}, t("no_working", { value: number(found.given, 6) }));
  return el("div.working", {}, ...found.parts.map(part));
}

/** @param {any} given @returns {HTMLElement} */
function part(given) {
  const kinds = { note, line, products, window: windowed, group };
  return kinds[/** @type {keyof typeof kinds} */ (given.kind)](given);
}

/** @param {any} given */
function note(given) {
  const values = Object.fromEntries(Object.entries(given.values).map(([key, value]) => [key, typeof value === "number" ? whole(value) : value]));
  return el("p.note", {}, t(`note_${given.key}`, values));
}

/** symbol = formula = numbers = value @param {any} given */
function line(given) {
  const numbers = el("span.numbers");
  numbers.append(...spelled(given.numbers));
  const made = el("p.line", {}, el("span.symbol", {}, formula(given.symbol)));
  if (given.formula !== given.symbol) made.append(" = ", el("span.formula", {}, formula(given.formula)));
  const same = given.numbers.length === 1 && Number(given.numbers[0]) === Number(given.value);
  if (!same) made.append(" = ", numbers);
  made.append(" = ", el("strong.value", {}, number(given.value, 6)));
  return made;
}

/** A number, in brackets where it is negative. @param {number | string} value */
function shown(value) {
  const text = number(value, 5);
  return text.startsWith("−") ? `(${text})` : text;
}

/**
 * Numbers with the signs between them.
 * @param {(number | string)[]} given
 * @returns {string[]}
 */
function spelled(given) {
  const isSign = (/** @type {unknown} */ each) => typeof each === "string" && !["NaN", "Infinity", "-Infinity"].includes(each);
  return given.map((each, i) => {
    if (isSign(each)) return String(each);
    const before = given[i - 1];
    return before === undefined || String(before).endsWith("(") ? number(each, 5) : shown(each);
  });
}

/** Σ left · right @param {any} given */
function products(given) {
  const head = el("tr", {}, ...["", given.left, given.right, ""].map((text, at) =>
    el("th", { scope: "col" }, at === 3 ? t("product") : formula(text))));
  const row = (/** @type {any[]} */ [label, left, right, product]) =>
    el("tr", {}, el("th", { scope: "row" }, label), el("td", {}, number(left)), el("td", {}, number(right)), el("td", {}, number(product)));
  const rows = given.terms.map(row);
  const [count, rest] = given.others;
  const body = el("tbody", {}, ...rows.slice(0, FIRST_TERMS));
  const hidden = rows.slice(FIRST_TERMS);
  if (count) hidden.push(el("tr.rest", {}, el("th", { scope: "row", colspan: "3" }, t("others", { count: whole(count) })), el("td", {}, number(rest))));
  const table = el("table.terms", {}, el("thead", {}, head), body);
  const made = el("div.sum", {}, el("div.wide", {}, table));
  if (hidden.length > 1) made.append(more(hidden.length, (button) => {
    body.append(...hidden);
    button.remove();
  }));
  else body.append(...hidden);
  made.append(el("p.line", {}, el("span.symbol", {}, formula(given.symbol)), " = ", el("span.formula", {}, formula(given.formula)), " = ", el("strong.value", {}, number(given.value, 6))));
  return made;
}

/**
 * A button for what is not shown at once.
 * @param {number} count
 * @param {(button: HTMLElement) => void} show
 */
function more(count, show) {
  const button = el("button.more", { type: "button", click: () => show(button) }, t("show_more", { count: whole(count) }));
  return button;
}

/** A window, channel by channel. @param {any} given */
function windowed(given) {
  const limits = bounds(given.grids.flatMap((/** @type {any} */ grid) => grid.x.flat()));
  const weights = bounds(given.grids.flatMap((/** @type {any} */ grid) => (grid.k ?? []).flat()), true);
  const grids = given.grids.map((/** @type {any} */ grid) => gridOf(grid, given, limits, weights));
  const made = el("div.sum", {}, el("p.note", {}, t("window_at", { place: given.origin.join(", ") })));
  const holder = el("div.grids", {}, ...grids.slice(0, FIRST_GRIDS));
  const hidden = grids.slice(FIRST_GRIDS);
  const [count, rest] = given.others;
  if (count) hidden.push(el("p.note", {}, `${t("other_channels", { count: whole(count) })}: ${number(rest)}`));
  made.append(holder);
  if (hidden.length) made.append(more(hidden.length, (button) => {
    holder.append(...hidden);
    button.remove();
  }));
  const sums = given.grids.length > 1 && given.grids.length + count <= 6
    ? [" = ", el("span.numbers", {}, given.grids.map((/** @type {any} */ grid) => shown(grid.value)).join(" + "))]
    : [];
  made.append(el("p.line", {}, el("span.symbol", {}, formula(given.symbol)), " = ", el("span.formula", {}, formula(given.formula)), ...sums, " = ", el("strong.value", {}, number(given.value, 6))));
  return made;
}

/**
 * What the window sees of one channel, the kernel beside it, and what comes of both.
 * @param {any} grid
 * @param {any} given
 * @param {any} limits
 * @param {any} weights
 */
function gridOf(grid, given, limits, weights) {
  const made = el("figure.grid", {}, el("figcaption", {}, `${t("channel", { number: grid.channel })}: `, el("strong", {}, number(grid.value, 5))));
  const row = el("div.factors", {}, matrix(grid.x, limits, `x, ${t("channel", { number: grid.channel })}`, grid.kept, given.fill));
  if (grid.k) row.append(el("span.sign", {}, "·"), matrix(grid.k, weights, `K, ${t("channel", { number: grid.channel })}`, null, null));
  made.append(row);
  return made;
}

/**
 * Numbers in rows, with their colours behind them.
 * @param {(number | null)[][]} rows
 * @param {any} limits
 * @param {string} name
 * @param {number[] | null} kept
 * @param {number | null} fill what stands beyond the edge
 */
function matrix(rows, limits, name, kept, fill) {
  const table = el("table.matrix", { "aria-label": name });
  rows.forEach((row, r) => {
    const line = el("tr");
    row.forEach((value, c) => {
      if (value === null) {
        line.append(el("td.beyond", { title: t("beyond") }, fill === null ? "–" : number(fill)));
        return;
      }
      const chosen = kept && kept[0] === r && kept[1] === c;
      const cell = el(chosen ? "td.kept" : "td", chosen ? { title: t("kept") } : {}, number(value, 3));
      const rgb = shade(Number(value), limits);
      cell.style.background = `rgb(${rgb.join(" ")})`;
      cell.style.color = ink(rgb);
      line.append(cell);
    });
    table.append(line);
  });
  return table;
}

/**
 * The limits of the colours of some numbers.
 * @param {(number | null)[]} values
 * @param {boolean} [signed]
 */
function bounds(values, signed = false) {
  const numbers = values.filter((value) => value !== null && Number.isFinite(Number(value))).map(Number);
  const low = Math.min(0, ...numbers);
  const high = Math.max(0, ...numbers);
  if (!signed && low === 0) return { low, high: high || 1, signed: false };
  const most = Math.max(-low, high) || 1;
  return { low: -most, high: most, signed: true };
}

/** What makes one quantity, as a gate: its value first, and the steps when opened. @param {any} given */
function group(given) {
  const last = given.parts[given.parts.length - 1];
  const summary = el("summary", {}, el("span.group-title", {}, t(given.title)), " ", el("span.symbol", {}, formula(given.symbol)), " = ");
  if (last.kind === "line" && last.numbers) {
    summary.append(el("span.numbers", {}, ...spelled(last.numbers)), " = ");
  }
  summary.append(el("strong.value", {}, number(given.value, 6)));
  return el("details.group", {}, summary, ...given.parts.map(part));
}
