// @ts-check
// How layers look: by the class of their things, and parcels by land use (用地用海分类 2023).

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

/** @param {string} code */
export function landUseColour(code) {
  return LAND_USE.find(([digits]) => digits === code)?.[3] ?? OTHER;
}

/** By class: what is drawn lower comes first. @type {[string, object][]} */
const CLASSES = [
  ["990501", { line: "#7a5aa6", width: 2, fill: "#7a5aa6", opacity: 0.03 }],
  ["990101", { fill: ["match", ["slice", ["get", "landuse"], 0, 2],
    ...LAND_USE.flatMap(([code, , , colour]) => [code, colour]), OTHER], line: "#8d949b", width: 0.4, opacity: 0.85 }],
  ["990110", { fill: "#e7c832", line: "#b89600", width: 1.2, opacity: 0.15, hidden: true }],
  ["990111", { fill: "#2e9e4f", line: "#1c7a38", width: 1.6, opacity: 0.15 }],
  ["990112", { fill: "#d34a3a", line: "#d34a3a", width: 1.6, opacity: 0.02, dash: [3, 2] }],
  ["990204", { fill: "#8fc3ee", line: "#5f9fd6", width: 0.6, opacity: 0.95 }],
  ["990202", { fill: "#5fa5e0", line: "#2f75b5", width: 1, opacity: 0.9 }],
  ["990201", { line: "#2f75b5", width: 1.6 }],
  ["990301", { fill: "#8c7f78", line: "#5d534d", width: 0.5, opacity: 0.8 }],
  ["990203", { circle: "#0b3d91", radius: 6 }],
];

const DEFAULT = { fill: "#4a90a4", line: "#2c6474", width: 1.2, opacity: 0.3, circle: "#2c6474", radius: 5 };
// Fills so faint that what lies below them is meant by a click.
const FAINT = 0.2;
const MANY = 10000; // features that would crowd a small scale
const SELECTED = "#ff4fa3";

/** Place in the drawing order, imagery first. @param {{kind: string, classCode: string | null}} layer */
export function drawingOrder(layer) {
  if (layer.kind === "raster") return -1;
  const place = CLASSES.findIndex(([code]) => code === layer.classCode);
  return place < 0 ? CLASSES.length : place;
}

/** Colour of a layer in the legend. @param {{kind: string, classCode: string | null}} layer */
export function legendColour(layer) {
  if (layer.kind === "raster") return "linear-gradient(135deg, #4b5d43, #a7a48a, #3c6a8f)";
  const look = lookOf(layer);
  if (Array.isArray(look.fill)) return "linear-gradient(135deg, #ffe26b, #67c26b, #8fc3ee)";
  return look.fill ?? look.line ?? look.circle;
}

/** Whether a click on the style layer means the feature. @param {any} style */
export function clickable(style) {
  return style.type !== "raster" && !(style.type === "fill" && style.paint["fill-opacity"] < FAINT);
}

/** @param {{classCode: string | null}} layer @returns {any} */
function lookOf(layer) {
  return CLASSES.find(([code]) => code === layer.classCode)?.[1] ?? DEFAULT;
}

/** Style layers of a layer: its polygons, lines and points.
 * @param {{name: string, kind: string, classCode: string | null, count: number}} layer
 * @returns {any[]} */
export function styleOf(layer) {
  const { name } = layer;
  if (layer.kind === "raster") {
    return [{ id: name, type: "raster", source: name, layout: { visibility: "none" } }];
  }
  const look = { ...DEFAULT, ...lookOf(layer) };
  const common = {
    source: name,
    "source-layer": name,
    minzoom: layer.count > MANY ? 12.5 : 0,
    layout: { visibility: look.hidden ? "none" : "visible" },
  };
  const chosen = ["boolean", ["feature-state", "selected"], false];
  const line = {
    "line-color": ["case", chosen, SELECTED, look.line],
    "line-width": ["case", chosen, 3, look.width],
    ...(look.dash ? { "line-dasharray": look.dash } : {}),
  };
  return [
    { ...common, id: `${name}-fill`, type: "fill", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": look.fill, "fill-opacity": look.opacity } },
    { ...common, id: `${name}-line`, type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: line },
    { ...common, id: `${name}-point`, type: "circle", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-color": ["case", chosen, SELECTED, look.circle], "circle-radius": look.radius,
        "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 } },
  ];
}
