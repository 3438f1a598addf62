// Sizes as a treemap: packages, and the files of the selected package.
import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { el, fill, svg } from './dom.js';
import { counted, matches, sizeText, worst } from './model.js';

/** @import { View } from './view.js' */

/** @typedef {{ name: string, label: string, bytes: number, severity: string | null, faded: boolean }} Tile */

const SMALLEST = { width: 300, height: 360 };
const AROUND = { width: 34, height: 250 }; // of the page, beside the picture
const LETTER = 7.2; // of a label of 12 pixels

/** @type {string | null} */
let opened = null;

/**
 * @param {View} view
 * @param {HTMLElement} panel
 */
export const showSizes = (view, panel) => {
  const own = opened === null ? undefined : view.model.packages.get(opened);
  const tiles = own === undefined ? packageTiles(view) : fileTiles(own);
  const total = tiles.reduce((sum, tile) => sum + tile.bytes, 0);
  const open = (/** @type {Tile} */ tile) => {
    if (own !== undefined) return;
    view.select(tile.name);
    opened = tile.name;
    showSizes(view, panel);
    panel.querySelector('button')?.focus();
  };
  const back = el(
    'button',
    {
      type: 'button',
      onclick: () => {
        opened = null;
        showSizes(view, panel);
        panel.querySelector('g')?.focus();
      },
    },
    '← All packages',
  );
  const text =
    own === undefined
      ? `${counted(tiles.length, 'package')}, ${sizeText(total)}. Select one to see its files; arrow keys move between tiles.`
      : `${view.model.labelOf(own)}: ${counted(tiles.length, 'file')}, ${sizeText(total)}`;
  fill(
    panel,
    el('p', { class: 'summary', role: 'status' }, own && back, own && ' ', text),
    picture(tiles, open, roomIn(panel)),
  );
};

/** @param {View} view */
const packageTiles = ({ model, state }) =>
  model.review.packages
    .filter((own) => own.bytes > 0)
    .map((own) => ({
      name: own.canonicalName,
      label: model.labelOf(own),
      bytes: own.bytes,
      severity: worst(own, state.filter),
      faded: !matches(own, state.filter),
    }));

/** @param {import('./review.js').Package} own */
const fileTiles = (own) =>
  own.files
    .filter((file) => file.bytes > 0)
    .map((file) => ({
      name: file.path,
      label: file.path,
      bytes: file.bytes,
      severity: null,
      faded: false,
    }));

/** @param {HTMLElement} panel */
const roomIn = (panel) => ({
  width: Math.max(SMALLEST.width, panel.clientWidth - AROUND.width),
  height: Math.max(SMALLEST.height, innerHeight - AROUND.height),
});

/**
 * @param {Tile[]} tiles
 * @param {(tile: Tile) => void} open
 * @param {{ width: number, height: number }} room
 */
const picture = (tiles, open, { width, height }) => {
  const root = hierarchy(/** @type {{ children: Tile[] } | Tile} */ ({ children: tiles }))
    .sum((each) => ('bytes' in each ? each.bytes : 0))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const leaves = treemap()
    .tile(treemapSquarify)
    .size([width, height])
    .padding(1.5)(/** @type {any} */ (root))
    .leaves();
  const shapes = leaves.map((leaf, number) => tileOf(leaf, number, open));
  const drawn = svg(
    'svg',
    { class: 'treemap', viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Sizes' },
    ...shapes,
  );
  drawn.addEventListener('keydown', (event) => moveFocus(event, shapes));
  return drawn;
};

/**
 * @param {any} leaf
 * @param {number} number
 * @param {(tile: Tile) => void} open
 */
const tileOf = ({ x0, x1, y0, y1, data }, number, open) => {
  const tile = /** @type {Tile} */ (data);
  const [width, height] = [x1 - x0, y1 - y0];
  const letters = Math.floor((width - 8) / LETTER);
  const label =
    tile.label.length <= letters ? tile.label : `${tile.label.slice(0, Math.max(0, letters - 1))}…`;
  const text = `${tile.label}, ${sizeText(tile.bytes)}${tile.severity ? `, ${tile.severity}` : ''}`;
  return svg(
    'g',
    {
      class: `tile ${tile.severity ?? 'none'}${tile.faded ? ' faded' : ''}`,
      transform: `translate(${x0.toFixed(2)} ${y0.toFixed(2)})`,
      tabindex: number === 0 ? 0 : -1,
      role: 'button',
      'aria-label': text,
      onclick: () => open(tile),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          open(tile);
        }
      },
    },
    svg('title', {}, text),
    svg('rect', { width: Math.max(0, width), height: Math.max(0, height), rx: 2 }),
    letters > 3 && height > 16 && svg('text', { x: 4, y: 13 }, label),
    letters > 7 && height > 32 && svg('text', { x: 4, y: 27, class: 'size' }, sizeText(tile.bytes)),
  );
};

/**
 * @param {KeyboardEvent} event
 * @param {SVGGElement[]} shapes by size
 */
const moveFocus = (event, shapes) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const here = shapes.findIndex((shape) => shape === document.activeElement);
  const next = step === undefined || here < 0 ? undefined : shapes[here + step];
  if (next === undefined) return;
  event.preventDefault();
  shapes[here]?.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
};
