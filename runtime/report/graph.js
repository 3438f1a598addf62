// The package graph: pan and zoom by pointer and keyboard, and the selection.
import { select as selection } from 'd3-selection';
import { zoom as makeZoom, zoomIdentity } from 'd3-zoom';
import { el, fill } from './dom.js';
import { MOST_IN_LAYERS, layOutLayers, layOutRings } from './layout.js';
import { counted, matches, titleOf, worst } from './model.js';
import { FONT, paint } from './paint.js';
import { makeScene, neighbours } from './scene.js';

/** @import { Scene, Shape } from './layout.js' */
/** @import { View } from './view.js' */

const COLORS = [
  'critical',
  'high',
  'medium',
  'low',
  'none',
  'text',
  'surface',
  'border',
  'line',
  'accent',
];

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
  const colors = paletteOf(canvas);
  let transform = zoomIdentity;
  /** @type {Scene} */
  let scene = { shapes: [], lines: [], isLayered: true };
  let shown = '';

  const zoom = makeZoom()
    .scaleExtent([0.02, 6])
    .on('zoom', (event) => {
      transform = event.transform;
      draw();
    });
  const target = /** @type {any} */ (selection(canvas));
  target.call(zoom).on('dblclick.zoom', null);

  const draw = () => {
    const { model, state } = view;
    const own = state.selected === null ? undefined : model.packages.get(state.selected);
    const path = new Set(own?.chain.map((step) => step.package) ?? []);
    const faded = new Set(
      model.review.packages
        .filter((each) => !matches(each, state.filter))
        .map((each) => each.canonicalName),
    );
    if (own !== undefined) path.add(own.canonicalName);
    paint(canvas, scene, {
      transform,
      colors: colors(),
      colorOf: (name) => {
        const each = model.packages.get(name);
        return colors()[(each && worst(each, state.filter)) ?? 'none'] ?? '';
      },
      isFaded: (name) => faded.has(name),
      selected: state.selected,
      path,
    });
  };

  const fit = () => {
    if (scene.shapes.length === 0) return;
    const left = Math.min(...scene.shapes.map((each) => each.x - each.width / 2)) - 20;
    const right = Math.max(...scene.shapes.map((each) => each.x + each.width / 2)) + 20;
    const top = Math.min(...scene.shapes.map((each) => each.y - each.height / 2)) - 20;
    const bottom = Math.max(...scene.shapes.map((each) => each.y + each.height / 2)) + 20;
    const { clientWidth: width, clientHeight: height } = canvas;
    const k = Math.min(1.4, width / (right - left), height / (bottom - top));
    const [x, y] = [width / 2 - (k * (left + right)) / 2, height / 2 - (k * (top + bottom)) / 2];
    zoom.transform(target, zoomIdentity.translate(x, y).scale(k));
  };

  const resize = () => {
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
  };

  const layOut = () => {
    const { model, state } = view;
    const isNear = near.checked && state.selected !== null;
    const packages = isNear ? neighbours(model, state.selected ?? '') : model.review.packages;
    const key = isNear ? `near ${state.selected}` : 'all';
    summary.textContent = `${counted(packages.length, 'package')}${isNear ? ' around the selection' : ''}, colored by the worst grant. Drag to move, scroll to zoom; arrow keys select.`;
    if (key === shown) return;
    shown = key;
    delete canvas.dataset['ready'];
    const isLayered = packages.length <= MOST_IN_LAYERS;
    const context = canvas.getContext('2d');
    if (context) context.font = FONT;
    scene = makeScene(model, packages, isLayered, (text) => context?.measureText(text).width ?? 0);
    if (isLayered) layOutLayers(scene);
    else layOutRings(scene);
    fit();
    canvas.dataset['ready'] = 'true';
  };

  const center = (/** @type {Shape | undefined} */ shape) => {
    if (shape === undefined) return;
    const [x, y] = transform.apply([shape.x, shape.y]);
    const { clientWidth: width, clientHeight: height } = canvas;
    if (x < 40 || y < 40 || x > width - 40 || y > height - 40)
      zoom.translateTo(target, shape.x, shape.y);
  };

  const select = (/** @type {string | null} */ name) => {
    view.select(name);
    center(scene.shapes.find((shape) => shape.name === name));
  };

  canvas.addEventListener('click', (event) => {
    const [x, y] = transform.invert([event.offsetX, event.offsetY]);
    select(shapeAt(scene, x, y, 4 / transform.k)?.name ?? null);
  });
  canvas.addEventListener('mousemove', (event) => {
    const [x, y] = transform.invert([event.offsetX, event.offsetY]);
    const found = shapeAt(scene, x, y, 4 / transform.k);
    const own = found && view.model.packages.get(found.name);
    canvas.title = own ? titleOf(own) : '';
    canvas.classList.toggle('over', own !== undefined);
  });
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') zoom.scaleBy(target, 1.4);
    else if (event.key === '-') zoom.scaleBy(target, 1 / 1.4);
    else if (event.key === '0') fit();
    else if (event.key.startsWith('Arrow'))
      select(nextShape(scene, view.state.selected, event.key)?.name ?? view.state.selected);
    else return;
    event.preventDefault();
  });
  near.addEventListener('change', layOut);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  new ResizeObserver(() => {
    resize();
    if (canvas.clientWidth > 0) fit();
  }).observe(canvas);

  const button = (
    /** @type {string} */ text,
    /** @type {string} */ label,
    /** @type {() => void} */ act,
  ) => el('button', { type: 'button', 'aria-label': label, title: label, onclick: act }, text);
  fill(
    panel,
    el(
      'div',
      { class: 'tools' },
      button('+', 'Zoom in', () => zoom.scaleBy(target, 1.4)),
      button('−', 'Zoom out', () => zoom.scaleBy(target, 1 / 1.4)),
      button('Fit', 'Show the whole graph', fit),
      el('label', { for: 'near' }, near, ' Only the neighbours of the selection'),
      legend(),
    ),
    summary,
    canvas,
  );
  return () => {
    if (canvas.width !== Math.round(canvas.clientWidth * devicePixelRatio)) resize();
    layOut();
    draw();
  };
};

const legend = () =>
  el(
    'span',
    { class: 'legend' },
    ...['critical', 'high', 'medium', 'low', 'none'].map((name) =>
      el('span', {}, el('i', { class: `swatch ${name}` }), name),
    ),
  );

/**
 * @param {HTMLElement} element
 * @returns {() => Record<string, string>} the colors of the current scheme
 */
const paletteOf = (element) => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  /** @type {{ isDark: boolean, colors: Record<string, string> } | null} */
  let known = null;
  return () => {
    if (known === null || known.isDark !== dark.matches) {
      const style = getComputedStyle(element);
      const colors = Object.fromEntries(
        COLORS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
      );
      known = { isDark: dark.matches, colors };
    }
    return known.colors;
  };
};

/**
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @param {number} slack
 */
const shapeAt = ({ shapes }, x, y, slack) =>
  shapes.findLast(
    (each) =>
      Math.abs(x - each.x) <= each.width / 2 + slack &&
      Math.abs(y - each.y) <= each.height / 2 + slack,
  );

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
