/** What the page knows: the model, its input, the changes to it, and what came of them. */

export const state = {
  /** @type {any[]} the models to choose from */
  models: [],
  /** whether Keras is installed */
  keras: false,
  /** @type {any} the open model */
  model: null,
  /** @type {any} what is given to it, as the server takes it */
  input: null,
  scale: "auto",
  /** counts the inputs, so that what comes late of another one is told apart */
  version: 0,
  /** @type {Set<number>} the tokens that are left out */
  dropped: new Set(),
  /** @type {{top: number, left: number, height: number, width: number} | null} the part that is covered */
  box: null,
  /** @type {string[] | null} the classes' names, if the user gave some */
  classes: null,
  /** @type {any} the last forward pass */
  pass: null,
  /** @type {any} the outputs before any change */
  base: null,
  /** the column of the time step */
  step: 0,
  /** @type {{key: string, at?: number[], step?: number | null, direction?: string} | null} */
  selected: null,
  /** @type {any} the differences from Keras, once they were asked for */
  differences: null,
  kerasOn: false,
  camOn: false,
  coloursOn: false,
  /** @type {number | null} the class that is explained; null for the best */
  target: null,
};

/** Whether anything of the input was changed. */
export const changed = () => state.dropped.size > 0 || state.box !== null;

/**
 * A question about the current pass.
 * @param {object} [more]
 */
export const about = (more = {}) => ({
  model: state.model.key,
  input: state.model.takes.kind === "image" ? { ...state.input, scale: state.scale } : state.input,
  drop: [...state.dropped].sort((a, b) => a - b),
  occlude: state.box,
  classes: state.classes,
  ...more,
});

/** The class that the model finds in an output, a place among its values. @param {any} output */
export const best = (output) => output.values.reduce((found, value, i, all) => (Number(value) > Number(all[found]) ? i : found), 0);
