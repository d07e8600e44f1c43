// @ts-check
// The map of every layer: vector tiles and imagery of this service, and what a click finds.
import * as maplibregl from "maplibre-gl";
import { listLayers } from "./legend.js";
import { base, layers, page, words } from "./page.js";
import { close, height, isOpen, leaving, showChoice, showFailure, showThing } from "./panel.js";
import { chosenStyles, clickable, isHidden, served } from "./style.js";

/** @typedef {import("./page.js").Layer} Layer */

const CHOSEN = "chosen thing"; // no layer has a space in its name
const REACH = 3; // pixels around the pointer
const NARROW = 640; // pixels, as in map.css
const PARCEL = "990101"; // class of the layer that the map opens at
const NOTHING = /** @type {const} */ ({ type: "FeatureCollection", features: [] });

/** Style layers by layer, the lowest first. @type {Map<string, any[]>} */
const styles = new Map();
/** @type {any[]} */
const targets = [];
const map = makeMap();
map?.on("load", () => begin(map));

/** Draw what the service says. @param {maplibregl.Map} map */
async function begin(map) {
  try {
    start(map, await served());
  } catch (error) {
    showFailure(String(error));
  }
}

/** The map, or null where the browser cannot draw it. */
function makeMap() {
  try {
    return new maplibregl.Map({
      container: "map",
      style: { version: 8, sources: {}, layers: [] },
      bounds: extent(),
      fitBoundsOptions: { padding: 30 },
      attributionControl: { compact: true },
      locale: {
        "Map.Title": words.map,
        "NavigationControl.ZoomIn": words.zoomIn,
        "NavigationControl.ZoomOut": words.zoomOut,
        "NavigationControl.ResetBearing": words.north,
      },
    });
  } catch (error) {
    showFailure(`${words.noWebGL} (${error})`);
    return null;
  }
}

/** Where the map opens: the parcels where there are any, else all there is.
 * @returns {[number, number, number, number]} */
function extent() {
  const all = layers.flatMap((layer) => (layer.extent ? [layer.extent] : []));
  const parcels = layers.find((layer) => layer.classCode === PARCEL)?.extent;
  if (parcels) return parcels;
  if (!all.length) return [110.7, 31.2, 113.7, 32.6];
  const [west, south, east, north] = [0, 1, 2, 3].map((i) => all.map((box) => box[i]));
  return [Math.min(...west), Math.min(...south), Math.max(...east), Math.max(...north)];
}

/** @param {maplibregl.Map} map @param {import("./style.js").Served} told */
function start(map, { style, groups }) {
  for (const each of style.layers) styles.set(each.source, [...(styles.get(each.source) ?? []), each]);
  targets.push(...style.layers.filter(clickable));
  const known = new Map(layers.map((layer) => [layer.name, layer]));
  const drawn = [...styles.keys()].flatMap((name) => known.get(name) ?? []);
  for (const layer of drawn) add(map, layer, style.sources[layer.name]);
  map.addSource(CHOSEN, { type: "geojson", data: NOTHING });
  for (const style of chosenStyles(CHOSEN)) map.addLayer(style);
  map.addControl(new maplibregl.NavigationControl(), "bottom-right");
  map.addControl(new maplibregl.ScaleControl(), "bottom-right");
  listLayers(
    [...drawn].reverse().map((layer) => ({
      layer,
      group: groups.get(layer.name),
      shown: !styles.get(layer.name)?.every(isHidden),
    })),
    (layer, on) => {
      for (const style of styles.get(layer.name) ?? []) {
        map.setLayoutProperty(style.id, "visibility", on ? "visible" : "none");
      }
    },
    (layer, scene) => {
      const source = /** @type {maplibregl.RasterTileSource} */ (map.getSource(layer.name));
      source.setTiles([tilesOf(layer, scene)]);
    },
  );
  listen(map);
  followHash(map);
  // Scripts and tests wait for this before they look.
  const busy = () => delete page.dataset.idle;
  map.on("dataloading", busy);
  map.on("render", busy);
  map.on("idle", () => (page.dataset.idle = ""));
}

/** @param {maplibregl.Map} map @param {Layer} layer @param {any} source */
function add(map, layer, source) {
  const latest = layer.scenes.at(-1);
  map.addSource(layer.name, latest ? { ...source, tiles: [tilesOf(layer, latest)] } : source);
  for (const style of styles.get(layer.name) ?? []) map.addLayer(style);
}

/** @param {Layer} layer @param {string} scene */
function tilesOf(layer, scene) {
  const here = `${base}/collections/${layer.name}/map/tiles/WebMercatorQuad`;
  return `${here}/{z}/{y}/{x}?datetime=${encodeURIComponent(scene)}`;
}

/** @param {maplibregl.Map} map */
function listen(map) {
  const canvas = map.getCanvas();
  map.on("click", (event) => pick(map, event.point));
  map.on("mousemove", (event) => hover(map, found(map, event.point)));
  map.on("mouseout", () => hover(map, undefined));
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    pick(map, map.project(map.getCenter()));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen()) close();
  });
  window.addEventListener("hashchange", () => followHash(map));
  leaving.addEventListener("leave", () => {
    forget(map);
    canvas.focus({ preventScroll: true });
  });
}

/** The uppermost feature at a point of the screen.
 * @param {maplibregl.Map} map @param {maplibregl.Point} point */
function found(map, point) {
  const box = /** @type {[[number, number], [number, number]]} */ ([
    [point.x - REACH, point.y - REACH],
    [point.x + REACH, point.y + REACH],
  ]);
  const here = map.queryRenderedFeatures([point.x, point.y], { layers: targets.map(({ id }) => id) });
  return here[0] ?? map.queryRenderedFeatures(box, { layers: targets.map(({ id }) => id) })[0];
}

/** @param {maplibregl.Map} map @param {maplibregl.Point} point */
function pick(map, point) {
  const feature = found(map, point);
  if (feature) show(map, String(feature.properties.code), false);
  else close();
}

/** @type {{source: string, sourceLayer: string, id: string} | null} */
let under = null;

/** @param {maplibregl.Map} map @param {maplibregl.MapGeoJSONFeature | undefined} feature */
function hover(map, feature) {
  map.getCanvas().style.cursor = feature ? "pointer" : "";
  const code = feature && String(feature.properties.code);
  if (under?.id === code) return;
  if (under) map.removeFeatureState(under, "hovered");
  under = feature && code ? { source: feature.source, sourceLayer: feature.source, id: code } : null;
  if (under) map.setFeatureState(under, { hovered: true });
}

/** Show the thing that the address names after `#code=`. @param {maplibregl.Map} map */
function followHash(map) {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code) show(map, code, true);
}

/** The newest question; an answer to an older one comes too late. */
let asked = new AbortController();

/** Show the thing of a code, as the service resolves it.
 * @param {maplibregl.Map} map @param {string} code @param {boolean} go whether the map moves there */
async function show(map, code, go) {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  try {
    const answer = await fetch(`${base}/resolve?code=${encodeURIComponent(code)}`, { signal });
    const said = await answer.json();
    if (signal.aborted) return;
    if (said.matches) return showChoice(said.matches);
    if (!answer.ok) return showFailure(said.detail ?? said.title);
    choose(map, said, go);
  } catch (error) {
    if (!signal.aborted) showFailure(String(error));
  }
}

/** @param {maplibregl.Map} map @param {import("./panel.js").Thing} thing @param {boolean} go */
function choose(map, thing, go) {
  const geometry = thing.feature?.geometry;
  // Without its id: MapLibre writes ids that look like numbers as 64 bits, and 21 digits are more.
  draw(map, geometry ? { type: "Feature", geometry, properties: {} } : NOTHING);
  history.replaceState(null, "", `#code=${thing.code}`);
  showThing(thing);
  if (!go || !geometry) return;
  const { clientHeight, clientWidth } = map.getCanvas();
  const sheet = clientWidth <= NARROW ? height() : 0; // the panel lies over the lower part
  const around = Math.min(120, clientWidth / 5, (clientHeight - sheet) / 5);
  const padding = { top: around, left: around, right: around, bottom: around + sheet };
  map.fitBounds(boundsOf(geometry), { padding, maxZoom: 17, animate: false });
}

/** @param {maplibregl.Map} map */
function forget(map) {
  asked.abort();
  draw(map, NOTHING);
  history.replaceState(null, "", location.pathname + location.search);
}

/** @param {maplibregl.Map} map @param {any} data */
function draw(map, data) {
  /** @type {maplibregl.GeoJSONSource} */ (map.getSource(CHOSEN)).setData(data);
}

/** @param {any} geometry */
function boundsOf(geometry) {
  const bounds = new maplibregl.LngLatBounds();
  const walk = (/** @type {any} */ part) =>
    typeof part[0] === "number" ? bounds.extend([part[0], part[1]]) : part.forEach(walk);
  walk(geometry.coordinates);
  return bounds;
}
