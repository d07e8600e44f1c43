// @ts-check
// What the service wrote into the page: its address, the language, the words, the layers.

/** A layer as `api/page.py` tells of it; `scenes` are the moments of imagery, oldest first.
 * @typedef {{name: string, title: string, kind: "vector" | "raster", classCode: string | null,
 *   count: number, extent: [number, number, number, number] | null, scenes: string[]}} Layer */

export const page = element("page");
export const base = page.dataset.base ?? "";
export const language = page.dataset.language === "en" ? "en" : "zh";
/** @type {Record<string, string>} */
export const words = read("words");
/** Titles of code schemes by name, where the language has them. @type {Record<string, string>} */
export const schemes = read("schemes");
/** @type {Layer[]} */
export const layers = read("layers");

/** @param {string} id */
export function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** A new element with these children.
 * @param {string} tag @param {...(Node | string)} children */
export function make(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

/** @param {string} id */
function read(id) {
  return JSON.parse(element(id).textContent ?? "null");
}
