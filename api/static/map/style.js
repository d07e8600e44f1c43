// @ts-check
// How layers look: the style and the legend that the service serves for all of them, `one-map`.
import { base, language } from "./page.js";

/** An entry of a legend, as `/styles/{id}/legend` tells it.
 * @typedef {{kind: "polygon" | "line" | "point" | "raster", fill?: string, opacity?: number,
 *   line?: string, width?: number, dash?: number[], radius?: number}} Symbol
 * @typedef {{collection: string, title: string, by?: string,
 *   entries: {title: string, symbol: Symbol}[]}} Group
 * @typedef {{style: any, groups: Map<string, Group>}} Served */

const FAINT = 0.2; // fills so faint that a click means what lies below them
const HOVERED = "#16202a";
const CHOSEN = "#e6007e";
const HOVER_WIDTH = 2;
const hovered = ["boolean", ["feature-state", "hovered"], false];

/** The style of everything, with its legend by collection. @returns {Promise<Served>} */
export async function served() {
  const here = `${base}/styles/one-map`;
  const [style, legend] = await Promise.all(
    [`${here}?f=mapbox`, `${here}/legend?f=json`].map(async (address) => {
      const answer = await fetch(`${address}&lang=${language}`);
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return answer.json();
    }),
  );
  style.layers = style.layers.map(hovering);
  const groups = /** @type {Group[]} */ (legend.groups);
  return { style, groups: new Map(groups.map((group) => [group.collection, group])) };
}

/** Whether a style layer is not seen at first. @param {any} layer */
export function isHidden(layer) {
  return layer.layout?.visibility === "none";
}

/** Whether a click on the style layer means the feature. @param {any} layer */
export function clickable(layer) {
  const opacity = layer.paint?.["fill-opacity"] ?? 1;
  return ["fill", "line", "circle"].includes(layer.type) && (layer.type !== "fill" || opacity >= FAINT);
}

/** CSS of a mark in the list. @param {Symbol | undefined} symbol */
export function swatchOf(symbol) {
  if (!symbol || symbol.kind === "raster") {
    return { background: "linear-gradient(135deg, #4b5d43, #a7a48a, #3c6a8f)" };
  }
  if (symbol.kind === "point") return { background: symbol.fill ?? "none", borderRadius: "50%" };
  const border = symbol.line ? `2px ${symbol.dash ? "dashed" : "solid"} ${symbol.line}` : "0";
  if (symbol.kind === "line") return { border, height: "0", borderWidth: "2px 0 0" };
  return { border, background: `color-mix(in srgb, ${symbol.fill} ${100 * (symbol.opacity ?? 1)}%, white)` };
}

/** CSS of a mark for several looks. @param {Symbol[]} symbols */
export function mixedSwatch(symbols) {
  const colours = symbols.flatMap(({ fill, line }) => fill ?? line ?? []).filter((_, at) => at % 6 === 0);
  return { background: `linear-gradient(135deg, ${[...colours, "#ffffff"].join(", ")})` };
}

/** The style layer, which shows what the pointer is over. Properties that change with the zoom
 * stay as they are: the zoom stands at the top of an expression alone. @param {any} layer */
function hovering(layer) {
  const paint = { ...layer.paint };
  if (layer.type === "line") {
    over(paint, "line-color", HOVERED);
    if (typeof paint["line-width"] === "number") {
      over(paint, "line-width", Math.max(HOVER_WIDTH, paint["line-width"]));
    }
  }
  if (layer.type === "circle" && typeof paint["circle-radius"] === "number") {
    over(paint, "circle-radius", paint["circle-radius"] + HOVER_WIDTH);
  }
  return { ...layer, paint };
}

/** @param {any} paint @param {string} name @param {any} value */
function over(paint, name, value) {
  const served = paint[name];
  if (served === undefined || typeof served === "object" && JSON.stringify(served).includes('["zoom"]')) return;
  paint[name] = ["case", hovered, value, served];
}

/** The chosen thing, above all layers; its geometry comes whole from the service, not in tiles.
 * @param {string} source @returns {any[]} */
export function chosenStyles(source) {
  const width = { "line-width": 6, "line-color": "#fff" };
  return [
    { id: "chosen-edge", type: "line", source, paint: width },
    { id: "chosen-line", type: "line", source, paint: { ...width, "line-width": 3, "line-color": CHOSEN } },
    { id: "chosen-point", type: "circle", source, filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-color": CHOSEN, "circle-radius": 9, "circle-stroke-color": "#fff", "circle-stroke-width": 2 } },
  ];
}
