// @ts-check
// The panel beside the map: the codes and attributes of a thing, as the service tells them.
import { base, element, language, make, schemes, words } from "./page.js";

/** What `/resolve` answers of an entity.
 * @typedef {{code: string, external_code: string, type_code: string, layer: string | null,
 *   type_name: Record<string, string> | null,
 *   aliases: {scheme: string, value: string, ended: string | null}[],
 *   feature?: {geometry: any, properties: Record<string, unknown>}}} Thing */

const panel = element("panel");
const CODES = ["code", "beidou_code"];

/** Called when the reader closes the panel. */
export const leaving = new EventTarget();

/** @param {Thing} thing */
export function showThing(thing) {
  const properties = thing.feature?.properties ?? {};
  const own = Object.entries(properties).filter(([name]) => !CODES.includes(name));
  const kind = thing.type_name?.[language] ?? thing.type_code;
  open(
    properties.name ? `${kind} ${properties.name}` : kind,
    make("h3", words.codes),
    table([
      [words.code, thing.code, "code"],
      [words.external, thing.external_code, "external"],
      [words.beidou, properties.beidou_code, "beidou"],
      ...thing.aliases.map(aliasRow),
    ]),
    make("h3", words.attributes),
    table(own.map(([name, value]) => [name, value, name])),
    ...(thing.layer ? [make("p", itemLink(thing))] : []),
  );
}

/** @param {Thing["aliases"][number]} alias @returns {[string, string, string]} */
function aliasRow({ scheme, value, ended }) {
  const said = ended ? `${value} (${words.ended} ${ended.slice(0, 10)})` : value;
  return [schemes[scheme] ?? scheme, said, `alias-${scheme}`];
}

/** A choice of things, where one text names several. @param {Thing[]} things */
export function showChoice(things) {
  const links = things.map((thing) => {
    const link = /** @type {HTMLAnchorElement} */ (make("a", thing.code));
    link.href = `#code=${thing.code}`;
    return make("li", `${thing.type_name?.[language] ?? thing.type_code} `, link);
  });
  open(words.several, make("ul", ...links));
}

/** @param {string} reason */
export function showFailure(reason) {
  open(words.failed, make("p", reason));
}

export function isOpen() {
  return !panel.hidden;
}

/** Pixels of the screen that the panel takes from below. */
export function height() {
  return panel.offsetHeight;
}

export function close() {
  if (panel.hidden) return;
  panel.hidden = true;
  leaving.dispatchEvent(new Event("leave"));
}

/** @param {string} title @param {Node[]} parts */
function open(title, ...parts) {
  const button = make("button", "×");
  button.className = "close";
  button.setAttribute("aria-label", words.close);
  button.addEventListener("click", close);
  const head = make("h2", title);
  head.id = "panel-title";
  panel.replaceChildren(head, ...parts, button);
  panel.hidden = false;
  panel.scrollTop = 0;
  panel.focus({ preventScroll: true });
}

/** Terms and what they say; the name is for scripts and for the tests.
 * @param {[label: string, value: unknown, name: string][]} rows */
function table(rows) {
  const list = make("dl");
  for (const [label, value, name] of rows) {
    const said = make("dd", String(value ?? "—"));
    said.dataset.name = name;
    list.append(make("dt", label), said);
  }
  return list;
}

/** @param {Thing} thing */
function itemLink(thing) {
  const link = /** @type {HTMLAnchorElement} */ (make("a", words.item));
  link.href = `${base}/collections/${thing.layer}/items/${thing.code}?f=html&lang=${language}`;
  return link;
}
