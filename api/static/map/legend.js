// @ts-check
// The list of layers: switches, colours, and the date of imagery.
import { element, language, make, words } from "./page.js";
import { LAND_USE, PARCEL, shownAtFirst, swatchOf } from "./style.js";

/** @typedef {import("./page.js").Layer} Layer */

/** List the layers, the uppermost first.
 * @param {Layer[]} layers
 * @param {(layer: Layer, on: boolean) => void} onSwitch
 * @param {(layer: Layer, scene: string) => void} onScene */
export function listLayers(layers, onSwitch, onScene) {
  for (const layer of layers) {
    const row = make("li", switchOf(layer, onSwitch));
    if (layer.classCode === PARCEL) row.append(landUse());
    if (layer.scenes.length > 1) row.append(sceneChoice(layer, onScene));
    element("switches").append(row);
  }
  const narrow = matchMedia("(max-width: 640px)").matches;
  for (const part of document.querySelectorAll("#legend, #legend details")) {
    /** @type {HTMLDetailsElement} */ (part).open = !narrow;
  }
}

/** @param {Layer} layer @param {(layer: Layer, on: boolean) => void} onSwitch */
function switchOf(layer, onSwitch) {
  const box = /** @type {HTMLInputElement} */ (make("input"));
  box.type = "checkbox";
  box.checked = shownAtFirst(layer);
  box.addEventListener("change", () => onSwitch(layer, box.checked));
  return make("label", box, swatch(swatchOf(layer)), layer.title);
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

function landUse() {
  const list = make("ul");
  for (const [code, zh, en, colour] of LAND_USE) {
    list.append(make("li", swatch({ background: colour }), `${code} ${language === "en" ? en : zh}`));
  }
  return make("details", make("summary", words.landUse), list);
}

/** @param {{background?: string, border?: string}} look */
function swatch(look) {
  const made = make("span");
  made.className = "swatch";
  Object.assign(made.style, look);
  return made;
}
