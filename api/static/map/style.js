// @ts-check
// How layers look: by the class of their things, and parcels by land use (用地用海分类 2023).

/** @typedef {import("./page.js").Layer} Layer */
/** `fill`, `line` and `circle` are colours of polygons, outlines and points; `label` says where
 * the name goes; outlines of `dense` ones fade away as the map is zoomed out; `hidden` ones are
 * switched off at first.
 * @typedef {{fill?: any, opacity?: number, line?: string, width?: number, dash?: number[],
 *   circle?: string, label?: "line" | "point", labelsUntil?: number, dense?: boolean,
 *   hidden?: boolean}} Look */

export const PARCEL = "990101";

/** First two digits, Chinese and English name, colour: the hues planners are used to.
 * @type {[string, string, string, string][]} */
export const LAND_USE = [
  ["01", "耕地", "Cropland", "#f3efb0"],
  ["02", "园地", "Orchard", "#d3e08a"],
  ["03", "林地", "Forest", "#7fb77e"],
  ["04", "草地", "Grassland", "#bfdc9c"],
  ["05", "湿地", "Wetland", "#9fd0c4"],
  ["06", "农业设施", "Farm facilities", "#d8c98f"],
  ["07", "居住用地", "Residential", "#ffe26b"],
  ["08", "公共服务", "Public services", "#ef9ac2"],
  ["09", "商业服务业", "Commercial", "#ee5f5b"],
  ["10", "工矿用地", "Industry and mining", "#b98a64"],
  ["11", "仓储用地", "Storage", "#b79fd6"],
  ["12", "交通运输", "Transport", "#c4c9cf"],
  ["13", "公用设施", "Utilities", "#6fa8c9"],
  ["14", "绿地与开敞空间", "Green space", "#67c26b"],
  ["15", "特殊用地", "Special", "#8f8f5a"],
  ["16", "留白用地", "Reserved", "#f5f5f5"],
  ["17", "陆地水域", "Inland water", "#8fc3ee"],
  ["23", "其他土地", "Other land", "#dcd4c4"],
];
const OTHER = "#e3e6e8";
const BY_LAND_USE = [
  "match",
  ["slice", ["to-string", ["get", "landuse"]], 0, 2],
  ...LAND_USE.flatMap(([code, , , colour]) => [code, colour]),
  OTHER,
];

/** By class: what is drawn lower comes first. @type {[string, Look][]} */
const CLASSES = [
  ["990501", { line: "#7a5aa6", width: 2, fill: "#7a5aa6", opacity: 0.03, label: "point", labelsUntil: 11.5 }],
  [PARCEL, { fill: BY_LAND_USE, line: "#8d949b", width: 0.4, opacity: 0.85, dense: true }],
  ["990110", { fill: "#e7c832", line: "#b89600", width: 1.2, opacity: 0.15, hidden: true }],
  ["990111", { fill: "#2e9e4f", line: "#1c7a38", width: 1.6, opacity: 0.15 }],
  ["990112", { fill: "#d34a3a", line: "#d34a3a", width: 1.6, opacity: 0.02, dash: [3, 2] }],
  ["990204", { fill: "#8fc3ee", line: "#8fc3ee", width: 0.6, opacity: 1 }],
  ["990202", { fill: "#5fa5e0", line: "#2f75b5", width: 1, opacity: 0.9, label: "point" }],
  ["990201", { line: "#2f75b5", width: 1.6, label: "line" }],
  ["990301", { fill: "#8c7f78", line: "#5d534d", width: 0.5, opacity: 0.8 }],
  ["990203", { circle: "#0b3d91", label: "point" }],
];

/** @type {Look} */
const DEFAULT = { fill: "#4a90a4", line: "#2c6474", width: 1.2, opacity: 0.3, circle: "#2c6474" };
const FAINT = 0.2; // fills so faint that a click means what lies below them
const MANY = 10000; // features that would crowd a small scale
const HOVERED = "#16202a";
const CHOSEN = "#e6007e";
const FONT = ["Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"];

/** Place in the drawing order, imagery first. @param {Layer} layer */
export function drawingOrder(layer) {
  if (layer.kind === "raster") return -1;
  const place = CLASSES.findIndex(([code]) => code === layer.classCode);
  return place < 0 ? CLASSES.length : place;
}

/** @param {Layer} layer */
export function shownAtFirst(layer) {
  return layer.kind === "vector" && !lookOf(layer).hidden;
}

/** CSS of a layer's mark in the list. @param {Layer} layer */
export function swatchOf(layer) {
  if (layer.kind === "raster") {
    return { background: "linear-gradient(135deg, #4b5d43, #a7a48a, #3c6a8f)" };
  }
  const look = lookOf(layer);
  if (Array.isArray(look.fill)) {
    return { background: "linear-gradient(135deg, #ffe26b, #67c26b, #8fc3ee)" };
  }
  if (look.circle && !look.fill) return { background: look.circle, borderRadius: "50%" };
  const border = `2px ${look.dash ? "dashed" : "solid"} ${look.line}`;
  if (!look.fill) return { border, height: "0", borderWidth: "2px 0 0" };
  return { border, background: `color-mix(in srgb, ${look.fill} ${100 * (look.opacity ?? 1)}%, white)` };
}

/** Whether a click on the style layer means the feature. @param {any} style */
export function clickable(style) {
  return style.type !== "symbol" && (style.type !== "fill" || style.paint["fill-opacity"] >= FAINT);
}

/** @param {Layer} layer @returns {Look} */
function lookOf(layer) {
  return CLASSES.find(([code]) => code === layer.classCode)?.[1] ?? DEFAULT;
}

/** Style layers of a layer: its imagery, or its polygons, lines, points and names.
 * @param {Layer} layer @param {string} language @returns {any[]} */
export function styleOf(layer, language) {
  const { name } = layer;
  const visibility = shownAtFirst(layer) ? "visible" : "none";
  if (layer.kind === "raster") {
    return [{ id: name, type: "raster", source: name, layout: { visibility } }];
  }
  const look = { ...DEFAULT, ...lookOf(layer) };
  const common = {
    source: name,
    "source-layer": name,
    minzoom: layer.count > MANY ? 12.5 : 0,
    layout: { visibility },
  };
  const styles = [
    { ...common, id: `${name}-fill`, type: "fill", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": look.fill, "fill-opacity": look.opacity } },
    { ...common, id: `${name}-line`, type: "line", filter: ["!=", ["geometry-type"], "Point"],
      paint: linePaint(look) },
    { ...common, id: `${name}-point`, type: "circle", filter: ["==", ["geometry-type"], "Point"],
      paint: circlePaint(look) },
  ];
  return look.label ? [...styles, { ...common, ...names(name, look, visibility, language) }] : styles;
}

const hovered = ["boolean", ["feature-state", "hovered"], false];

/** @param {Look} look */
function linePaint(look) {
  return {
    "line-color": ["case", hovered, HOVERED, look.line],
    "line-width": ["case", hovered, Math.max(2, look.width ?? 0), look.width],
    ...(look.dense ? { "line-opacity": ["interpolate", ["linear"], ["zoom"], 10.5, 0, 12, 1] } : {}),
    ...(look.dash ? { "line-dasharray": look.dash } : {}),
  };
}

/** @param {Look} look */
function circlePaint(look) {
  return {
    "circle-color": look.circle,
    "circle-radius": ["case", hovered, 8, 6],
    "circle-stroke-color": "#fff",
    "circle-stroke-width": 1.5,
  };
}

/** Names, drawn with fonts of the reader's machine: no glyph files are served.
 * @param {string} name @param {Look} look @param {string} visibility @param {string} language */
function names(name, look, visibility, language) {
  const own = ["get", "name"];
  const along = look.label === "line";
  return {
    id: `${name}-name`,
    type: "symbol",
    maxzoom: look.labelsUntil ?? 24,
    layout: {
      visibility,
      "text-field": language === "en" ? ["coalesce", ["get", "name_en"], own] : own,
      "text-font": FONT,
      "text-size": 13,
      // A polygon is named in every tile that it reaches: room between names leaves few of them.
      "text-padding": look.labelsUntil ? 70 : 2,
      "symbol-placement": along ? "line" : "point",
      ...(look.circle ? { "text-anchor": "left", "text-offset": [0.8, 0] } : {}),
    },
    paint: { "text-color": look.line ?? look.circle, "text-halo-color": "#fff", "text-halo-width": 1.6 },
  };
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
