// @ts-check
// The map of every layer: vector tiles and imagery of this service, and what a click finds.
import * as maplibregl from "maplibre-gl";
import { LAND_USE, clickable, drawingOrder, landUseColour, legendColour, styleOf } from "./map-style.js";

/** @typedef {{name: string, title: string, kind: "vector" | "raster", classCode: string | null,
 *   count: number, extent: [number, number, number, number] | null}} Layer */

const page = /** @type {HTMLElement} */ (document.getElementById("page"));
const panel = /** @type {HTMLElement} */ (document.getElementById("panel"));
const base = page.dataset.base ?? "";
const language = page.dataset.language ?? "zh";
/** @type {Layer[]} */
const layers = read("layers");
/** @type {Record<string, string>} */
const words = read("words");

const drawn = [...layers].sort((a, b) => drawingOrder(a) - drawingOrder(b));
const map = new maplibregl.Map({
  container: "map",
  style: { version: 8, sources: {}, layers: [] },
  bounds: extent(),
  fitBoundsOptions: { padding: 30 },
  attributionControl: { compact: true },
  hash: false,
});
map.addControl(new maplibregl.NavigationControl(), "bottom-right");
map.addControl(new maplibregl.ScaleControl(), "bottom-left");
map.on("load", start);
// Scripts and tests wait for this before they look.
map.on("dataloading", () => delete page.dataset.idle);
map.on("idle", () => (page.dataset.idle = ""));

/** @param {string} id */
function read(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}

/** Where the map opens: the parcels where there are any, else all there is.
 * @returns {[number, number, number, number]} */
function extent() {
  const all = layers.flatMap((layer) => (layer.extent ? [layer.extent] : []));
  const parcels = layers.find((layer) => layer.classCode === "990101")?.extent;
  if (parcels) return parcels;
  if (!all.length) return [110.7, 31.2, 113.7, 32.6];
  const [west, south, east, north] = [0, 1, 2, 3].map((i) => all.map((box) => box[i]));
  return [Math.min(...west), Math.min(...south), Math.max(...east), Math.max(...north)];
}

function start() {
  for (const layer of drawn) add(layer);
  for (const layer of [...drawn].reverse()) addSwitch(layer);
  map.on("click", (event) => find(event.point));
  map.on("mousemove", (event) => {
    map.getCanvas().style.cursor = found(event.point) ? "pointer" : "";
  });
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code) showCode(code, true);
}

/** @param {Layer} layer */
function add(layer) {
  const here = `${base}/collections/${layer.name}`;
  const raster = layer.kind === "raster";
  const tiles = [`${here}/${raster ? "map/" : ""}tiles/WebMercatorQuad/{z}/{y}/{x}`];
  const bounds = layer.extent ?? undefined;
  map.addSource(
    layer.name,
    raster
      ? { type: "raster", tiles, tileSize: 256, bounds, maxzoom: 17 }
      : { type: "vector", tiles, bounds, maxzoom: 16, promoteId: "code" },
  );
  for (const style of styleOf(layer)) map.addLayer(style);
}

/** @param {Layer} layer */
function addSwitch(layer) {
  const row = document.createElement("li");
  const label = document.createElement("label");
  const box = document.createElement("input");
  const styles = styleOf(layer);
  box.type = "checkbox";
  box.checked = styles[0].layout?.visibility !== "none";
  box.addEventListener("change", () => {
    const visibility = box.checked ? "visible" : "none";
    for (const style of styles) map.setLayoutProperty(style.id, "visibility", visibility);
  });
  label.append(box, swatch(legendColour(layer)), layer.title);
  row.append(label);
  if (layer.classCode === "990101") row.append(landUseLegend());
  document.getElementById("switches")?.append(row);
}

/** @param {string} colour */
function swatch(colour) {
  const made = document.createElement("span");
  made.className = "swatch";
  made.style.background = colour;
  return made;
}

function landUseLegend() {
  const list = document.createElement("ul");
  for (const [code, zh, en] of LAND_USE) {
    const row = document.createElement("li");
    row.append(swatch(landUseColour(code)), `${code} ${language === "en" ? en : zh}`);
    list.append(row);
  }
  return list;
}

/** The uppermost feature at a point of the screen. @param {maplibregl.Point} point */
function found(point) {
  const reach = 3;
  const ids = map.getStyle().layers.filter(clickable).map((style) => style.id);
  return map.queryRenderedFeatures(
    [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]],
    { layers: ids },
  )[0];
}

/** @param {maplibregl.Point} point */
function find(point) {
  const feature = found(point);
  if (feature) showCode(String(feature.properties.code), false);
  else close();
}

/** @type {{source: string, sourceLayer: string, id: string} | null} */
let selected = null;

/** @param {string} source @param {string} id */
function select(source, id) {
  if (selected) map.setFeatureState(selected, { selected: false });
  selected = { source, sourceLayer: source, id };
  map.setFeatureState(selected, { selected: true });
}

/** Show the thing of a code, as the service resolves it. @param {string} code @param {boolean} go */
async function showCode(code, go) {
  const answer = await fetch(`${base}/resolve?code=${encodeURIComponent(code)}`);
  const thing = await answer.json();
  if (!answer.ok) return open(`${words.failed}: ${thing.detail}`, []);
  const properties = thing.feature?.properties ?? {};
  if (thing.layer) select(thing.layer, thing.code);
  if (go && thing.feature) {
    map.fitBounds(boundsOf(thing.feature.geometry), { padding: 120, maxZoom: 17, animate: false });
  }
  const codes = [[words.code, thing.code, "code"], [words.external, thing.external_code, "external"],
    [words.beidou, properties.beidou_code ?? "—", "beidou"],
    ...thing.aliases.map((/** @type {any} */ a) => [a.scheme, a.value, `alias-${a.scheme}`])];
  const own = Object.entries(properties).filter(([name]) => !["code", "beidou_code"].includes(name));
  const kind = thing.type_name?.[language] ?? thing.type_code;
  open(properties.name ? `${kind} ${properties.name}` : kind, [
    listOf(codes), heading(words.attributes), listOf(own.map(([name, value]) => [name, value, name])),
    itemLink(thing),
  ]);
}

/** @param {string} title @param {(Node | null)[]} parts */
function open(title, parts) {
  const button = document.createElement("button");
  button.className = "close";
  button.textContent = "×";
  button.setAttribute("aria-label", words.close);
  button.addEventListener("click", close);
  const head = document.createElement("h2");
  head.textContent = title;
  panel.replaceChildren(button, head, ...parts.filter((part) => part !== null));
  panel.hidden = false;
}

function close() {
  panel.hidden = true;
  if (selected) map.setFeatureState(selected, { selected: false });
  selected = null;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

/** @param {string} text */
function heading(text) {
  const made = document.createElement("h3");
  made.textContent = text;
  return made;
}

/** @param {[string, unknown, string][]} rows label, value, name for the test and for scripts */
function listOf(rows) {
  const list = document.createElement("dl");
  for (const [label, value, name] of rows) {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = label;
    said.textContent = value === null || value === undefined ? "—" : String(value);
    said.dataset.name = name;
    list.append(term, said);
  }
  return list;
}

/** @param {any} thing */
function itemLink(thing) {
  if (!thing.layer) return null;
  const made = document.createElement("a");
  made.href = `${base}/collections/${thing.layer}/items/${thing.code}?f=html&lang=${language}`;
  made.textContent = words.item;
  const line = document.createElement("p");
  line.append(made);
  return line;
}

/** @param {any} geometry @returns {maplibregl.LngLatBounds} */
function boundsOf(geometry) {
  const bounds = new maplibregl.LngLatBounds();
  const walk = (/** @type {any} */ part) =>
    typeof part[0] === "number" ? bounds.extend([part[0], part[1]]) : part.forEach(walk);
  walk(geometry.coordinates);
  return bounds;
}
