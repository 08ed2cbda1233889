/** The colours of numbers: viridis from small to large, and from blue over white to orange where there are signs. */

const VIRIDIS = "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725";
const SIGNED = "08306b 2a609a 4a90c4 a0c3dd f7f7f7 f6cea9 f4a65a d47d30 b35806";
const SHADES = 256;

/** @param {string} stops @returns {Uint8Array} 256 × 3 */
function table(stops) {
  const ends = stops.split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const made = new Uint8Array(SHADES * 3);
  for (let i = 0; i < SHADES; i += 1) {
    const place = (i / (SHADES - 1)) * (ends.length - 1);
    const low = Math.min(ends.length - 2, Math.floor(place));
    for (let part = 0; part < 3; part += 1) {
      made[3 * i + part] = Math.round(ends[low][part] + (place - low) * (ends[low + 1][part] - ends[low][part]));
    }
  }
  return made;
}

const TABLES = { false: table(VIRIDIS), true: table(SIGNED) };
/** The same as pixels, which a canvas holds as one whole number each: alpha, blue, green, red. */
const PIXELS = Object.fromEntries(Object.entries(TABLES).map(([signed, rgb]) =>
  [signed, Uint32Array.from({ length: SHADES }, (_, i) => (255 << 24 | rgb[3 * i + 2] << 16 | rgb[3 * i + 1] << 8 | rgb[3 * i]) >>> 0)]));

/**
 * The colours of many numbers, as pixels; nothing is drawn for those that are not finite.
 * @param {Float32Array} values
 * @param {{low: number | string, high: number | string, signed: boolean}} scale
 * @param {Uint32Array} pixels takes them
 */
export function paint(values, scale, pixels) {
  const from = PIXELS[String(Boolean(scale.signed))];
  const low = Number(scale.low);
  const times = (SHADES - 1) / (Number(scale.high) - low || 1);
  for (let i = 0; i < values.length; i += 1) {
    const at = (values[i] - low) * times + 0.5;
    pixels[i] = at >= 0 ? from[at < SHADES ? at | 0 : SHADES - 1] : at < 0 ? from[0] : 0;
  }
}

/**
 * The colour of a number.
 * @param {number} value
 * @param {{low: number | string, high: number | string, signed: boolean}} scale
 * @returns {[number, number, number]}
 */
export function shade(value, scale) {
  if (!Number.isFinite(value)) return [255, 255, 255];
  const low = Number(scale.low);
  const share = (value - low) / (Number(scale.high) - low || 1);
  const at = 3 * Math.max(0, Math.min(SHADES - 1, Math.round(share * (SHADES - 1))));
  const from = TABLES[/** @type {"true" | "false"} */ (String(Boolean(scale.signed)))];
  return [from[at], from[at + 1], from[at + 2]];
}

/** The same for CSS. @param {number} value @param {{low: number | string, high: number | string, signed: boolean}} scale */
export const css = (value, scale) => `rgb(${shade(value, scale).join(" ")})`;

/** Black or white, whichever stands out more from a colour. @param {number[]} rgb */
export function ink(rgb) {
  const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000" : "#fff";
}

/** A bar of the colours between two numbers, for CSS. @param {{signed: boolean}} scale */
export function gradient(scale) {
  const stops = (scale.signed ? SIGNED : VIRIDIS).split(" ");
  return `linear-gradient(to right, ${stops.map((stop) => `#${stop}`).join(", ")})`;
}
