/** Asking the server. */

import { t } from "./words.js";

/** Why there is no answer. */
export class Refusal extends Error {
  /** @param {{kind?: string, message: string, problems?: string[]}} error */
  constructor(error) {
    super(error.message);
    this.kind = error.kind ?? "";
    this.problems = error.problems ?? [];
    /** Whether the message is in the page's own language. */
    this.own = this.kind === "";
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function fetched(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refusal({ message: t("error_connection") });
  }
  if (answer.ok) return answer.json();
  if (answer.status === 413) throw new Refusal({ message: t("error_too_large") });
  const text = await answer.text();
  let error = { kind: "Error", message: text };
  try {
    error = JSON.parse(text).error ?? error;
  } catch {
    // a line of plain text says why
  }
  throw new Refusal(error);
}

/** The list of models. */
export const models = () => fetched("/api/models");

/**
 * Ask about a model, an input, a layer or a value.
 * @param {string} question
 * @param {object} asked
 */
export const ask = (question, asked) =>
  fetched(`/api/${question}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(asked),
  });

/** Open a model file. @param {File} file */
export const open = (file) =>
  fetched("/api/models", {
    method: "POST",
    headers: { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(file.name) },
    body: file,
  });

/** Bytes as the server packs them. @param {string} text base64 */
export function bytes(text) {
  const letters = atob(text);
  const made = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) made[i] = letters.charCodeAt(i);
  return made;
}

/** Numbers as the server packs them. @param {string} text base64 of float32 */
export const floats = (text) => new Float32Array(bytes(text).buffer);

/** Bytes for the server. @param {Uint8Array} data */
export function base64(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000));
  return btoa(text);
}
