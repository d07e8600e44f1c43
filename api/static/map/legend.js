// @ts-check
// The list of layers: switches, colours, and the date of imagery.
import { element, make, words } from "./page.js";
import { mixedSwatch, swatchOf } from "./style.js";

/** @typedef {import("./page.js").Layer} Layer */
/** @typedef {import("./style.js").Group} Group */
/** A layer in the list: its legend, and whether it is seen at first.
 * @typedef {{layer: Layer, group: Group | undefined, shown: boolean}} Listed */

/** List the layers, the uppermost first.
 * @param {Listed[]} listed
 * @param {(layer: Layer, on: boolean) => void} onSwitch
 * @param {(layer: Layer, scene: string) => void} onScene */
export function listLayers(listed, onSwitch, onScene) {
  for (const each of listed) {
    const row = make("li", switchOf(each, onSwitch));
    if (each.group && each.group.entries.length > 1) row.append(entries(each.group));
    if (each.layer.scenes.length > 1) row.append(sceneChoice(each.layer, onScene));
    element("switches").append(row);
  }
  const narrow = matchMedia("(max-width: 640px)").matches;
  for (const part of document.querySelectorAll("#legend, #legend details")) {
    /** @type {HTMLDetailsElement} */ (part).open = !narrow;
  }
}

/** @param {Listed} listed @param {(layer: Layer, on: boolean) => void} onSwitch */
function switchOf({ layer, group, shown }, onSwitch) {
  const box = /** @type {HTMLInputElement} */ (make("input"));
  box.type = "checkbox";
  box.checked = shown;
  box.addEventListener("change", () => onSwitch(layer, box.checked));
  const symbols = (group?.entries ?? []).map(({ symbol }) => symbol);
  const look = symbols.length > 1 ? mixedSwatch(symbols) : swatchOf(symbols[0]);
  return make("label", box, swatch(look), layer.title);
}

/** @param {Layer} layer @param {(layer: Layer, scene: string) => void} onScene */
function sceneChoice(layer, onScene) {
  const choice = /** @type {HTMLSelectElement} */ (make("select"));
  for (const moment of [...layer.scenes].reverse()) {
    choice.append(new Option(moment.slice(0, 10), moment));
  }
  choice.addEventListener("change", () => onScene(layer, choice.value));
  const label = make("label", words.scene, choice);
  label.className = "scene";
  return label;
}

/** @param {Group} group */
function entries(group) {
  const list = make("ul");
  for (const { title, symbol } of group.entries) list.append(make("li", swatch(swatchOf(symbol)), title));
  return make("details", make("summary", group.by ?? words.legend), list);
}

/** @param {Record<string, string>} look */
function swatch(look) {
  const made = make("span");
  made.className = "swatch";
  Object.assign(made.style, look);
  return made;
}
