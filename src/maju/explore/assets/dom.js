/** Making elements, with text as text: nothing that comes from a file is ever read as HTML. */

/**
 * An element.
 * @param {string} tag the tag, with classes behind dots: "p.quiet"
 * @param {Record<string, unknown>} [has] attributes; functions listen, and null or false leave out
 * @param {...(Node | string | number | null | undefined)} inside
 * @returns {HTMLElement}
 */
export function el(tag, has = {}, ...inside) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(has)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key, /** @type {EventListener} */ (value));
    else if (key === "value") /** @type {any} */ (made).value = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...inside.filter((each) => each !== null && each !== undefined).map((each) => (each instanceof Node ? each : String(each))));
  return made;
}

/** The element of an id. @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/**
 * A formula, in which _{…} stands for what is set lower and ^{…} for what is set higher.
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function formula(text) {
  const made = document.createDocumentFragment();
  let rest = text;
  while (rest) {
    const at = rest.search(/[_^]\{/);
    if (at < 0) {
      made.append(rest);
      break;
    }
    made.append(rest.slice(0, at));
    let depth = 1;
    let end = at + 2;
    while (end < rest.length && depth) {
      if (rest[end] === "{") depth += 1;
      if (rest[end] === "}") depth -= 1;
      end += 1;
    }
    const set = document.createElement(rest[at] === "_" ? "sub" : "sup");
    set.append(formula(rest.slice(at + 2, end - 1)));
    made.append(set);
    rest = rest.slice(end);
  }
  return made;
}
