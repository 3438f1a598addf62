// The package graph: what it shows, the selection, and its keys.
import { el, fill } from './dom.js';
import { MOST_IN_LAYERS, layOutLayers, layOutRings } from './layout.js';
import { counted, matches, titleOf, worst } from './model.js';
import { FONT, paint } from './paint.js';
import { makeScene, neighbours } from './scene.js';
import { makeViewport } from './viewport.js';

/** @import { Scene, Shape } from './layout.js' */
/** @import { Look } from './paint.js' */
/** @import { View } from './view.js' */
/** @import { Viewport } from './viewport.js' */

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none'];
const COLORS = [...SEVERITIES, 'text', 'surface', 'border', 'line', 'accent'];
const ZOOM = 1.4;

/**
 * @param {View} view
 * @param {HTMLElement} panel
 * @returns {() => void} a function that shows the current state
 */
export const makeGraph = (view, panel) => {
  const canvas = el('canvas', {
    tabindex: 0,
    role: 'application',
    'aria-label': 'Package graph. Arrow keys select packages; plus, minus and 0 zoom.',
  });
  const summary = el('p', { class: 'summary', role: 'status' });
  const near = el('input', { type: 'checkbox', id: 'near' });
  const colors = makePalette(canvas);
  /** @type {Scene} */
  let scene = { shapes: [], lines: [], isLayered: true };
  let shown = '';

  const draw = () => paint(canvas, scene, lookOf(view, viewport.transform(), colors()));
  const viewport = makeViewport(canvas, draw);
  const show = () => {
    viewport.resize();
    const { selected } = view.state;
    const around = near.checked ? selected : null;
    const packages = around === null ? view.model.review.packages : neighbours(view.model, around);
    const what = around === null ? '' : ' around the selection';
    summary.textContent = `${counted(packages.length, 'package')}${what}, colored by the worst grant. Drag to move, scroll to zoom; arrow keys select.`;
    if (shown !== `${around}`) {
      shown = `${around}`;
      scene = laidOut(view, packages, canvas);
      viewport.fit(scene);
      canvas.dataset['ready'] = 'true';
    }
    draw();
  };

  /** @param {string | null} name */
  const select = (name) => {
    view.select(name);
    viewport.reveal(scene.shapes.find((shape) => shape.name === name));
  };
  listenToPointer(view, canvas, viewport, () => scene, select);
  listenToKeys(view, canvas, viewport, () => scene, select);
  near.addEventListener('change', show);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  new ResizeObserver(() => viewport.resize() && viewport.fit(scene)).observe(canvas);
  fill(
    panel,
    toolbar(viewport, near, () => viewport.fit(scene)),
    summary,
    canvas,
  );
  return show;
};

/**
 * @param {View} view
 * @param {import('./review.js').Package[]} packages
 * @param {HTMLCanvasElement} canvas measures labels
 * @returns {Scene}
 */
const laidOut = (view, packages, canvas) => {
  const context = canvas.getContext('2d');
  if (context) context.font = FONT;
  const widthOf = (/** @type {string} */ text) => context?.measureText(text).width ?? 0;
  const scene = makeScene(view.model, packages, packages.length <= MOST_IN_LAYERS, widthOf);
  if (scene.isLayered) layOutLayers(scene);
  else layOutRings(scene);
  return scene;
};

/**
 * @param {View} view
 * @param {Look['transform']} transform
 * @param {Record<string, string>} colors
 * @returns {Look}
 */
const lookOf = ({ model, state }, transform, colors) => {
  const own = state.selected === null ? undefined : model.packages.get(state.selected);
  const path = new Set(own?.chain.map((step) => step.package) ?? []);
  if (own !== undefined) path.add(own.canonicalName);
  const faded = new Set(
    model.review.packages
      .filter((each) => !matches(each, state.filter))
      .map((each) => each.canonicalName),
  );
  const byName = new Map(
    model.review.packages.map((each) => [
      each.canonicalName,
      colors[worst(each, state.filter) ?? 'none'] ?? '',
    ]),
  );
  return {
    transform,
    colors,
    colorOf: (name) => byName.get(name) ?? '',
    isFaded: (name) => faded.has(name),
    selected: state.selected,
    path,
  };
};

/**
 * @param {View} view
 * @param {HTMLCanvasElement} canvas
 * @param {Viewport} viewport
 * @param {() => Scene} scene
 * @param {(name: string | null) => void} select
 */
const listenToPointer = (view, canvas, viewport, scene, select) => {
  const shapeAt = (/** @type {MouseEvent} */ event) => {
    const { x, y, slack } = viewport.pointOf(event);
    return scene().shapes.findLast(
      (each) =>
        Math.abs(x - each.x) <= each.width / 2 + slack &&
        Math.abs(y - each.y) <= each.height / 2 + slack,
    );
  };
  canvas.addEventListener('click', (event) => select(shapeAt(event)?.name ?? null));
  canvas.addEventListener('mousemove', (event) => {
    const own = view.model.packages.get(shapeAt(event)?.name ?? '');
    canvas.title = own ? titleOf(own) : '';
    canvas.classList.toggle('over', own !== undefined);
  });
};

/**
 * @param {View} view
 * @param {HTMLCanvasElement} canvas
 * @param {Viewport} viewport
 * @param {() => Scene} scene
 * @param {(name: string | null) => void} select
 */
const listenToKeys = (view, canvas, viewport, scene, select) => {
  /** @type {Record<string, () => void>} */
  const keys = {
    '+': () => viewport.zoomBy(ZOOM),
    '=': () => viewport.zoomBy(ZOOM),
    '-': () => viewport.zoomBy(1 / ZOOM),
    0: () => viewport.fit(scene()),
  };
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'])
    keys[key] = () => {
      const next = nextShape(scene(), view.state.selected, key);
      if (next !== undefined) select(next.name);
    };
  canvas.addEventListener('keydown', (event) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
};

/**
 * @param {Viewport} viewport
 * @param {HTMLInputElement} near
 * @param {() => void} fit
 */
const toolbar = (viewport, near, fit) => {
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ label,
    /** @type {() => void} */ act,
  ) => el('button', { type: 'button', 'aria-label': label, title: label, onclick: act }, text);
  return el(
    'div',
    { class: 'tools' },
    button('+', 'Zoom in', () => viewport.zoomBy(ZOOM)),
    button('−', 'Zoom out', () => viewport.zoomBy(1 / ZOOM)),
    button('Fit', 'Show the whole graph', fit),
    el('label', { for: 'near' }, near, ' Only the neighbours of the selection'),
    el(
      'span',
      { class: 'legend' },
      ...SEVERITIES.map((name) => el('span', {}, el('i', { class: `swatch ${name}` }), name)),
    ),
  );
};

/**
 * @param {HTMLElement} element
 * @returns {() => Record<string, string>} the colors of the current scheme
 */
const makePalette = (element) => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  /** @type {Map<boolean, Record<string, string>>} */
  const known = new Map();
  return () => {
    const colors = known.get(dark.matches) ?? readColors(element);
    known.set(dark.matches, colors);
    return colors;
  };
};

/**
 * @param {HTMLElement} element
 * @returns {Record<string, string>}
 */
const readColors = (element) => {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    COLORS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  );
};

/**
 * @param {Scene} scene
 * @param {string | null} selected
 * @param {string} key an arrow key
 * @returns {Shape | undefined} the nearest shape in its direction; the first if there is no selection
 */
const nextShape = ({ shapes }, selected, key) => {
  const here = shapes.find((each) => each.name === selected);
  if (here === undefined) return shapes[0];
  const isAcross = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
  let best;
  let least = Infinity;
  for (const each of shapes) {
    const [dx, dy] = [each.x - here.x, each.y - here.y];
    const [along, aside] = isAcross ? [sign * dx, Math.abs(dy)] : [sign * dy, Math.abs(dx)];
    if (each === here || along <= 1) continue;
    const distance = along + 2 * aside;
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
};
