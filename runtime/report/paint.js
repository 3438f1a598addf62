// Draws the graph on a canvas.

/** @import { Line, Scene, Shape } from './layout.js' */

/**
 * @typedef {object} Look
 * @property {{ k: number, x: number, y: number }} transform
 * @property {Record<string, string>} colors by severity and use
 * @property {(name: string) => string} colorOf the color of a package
 * @property {(name: string) => boolean} isFaded
 * @property {string | null} selected
 * @property {Set<string>} path the packages of the import chain of the selection
 */

export const FONT = '13px system-ui, sans-serif';

/** The scale below which the labels in boxes are too small. */
const READABLE = 0.6;
const LABEL = 11; // pixels of the screen
const SMALLEST = 2.5; // radius of a circle, in pixels of the screen
const MOST_LABELS = 150;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Scene} scene
 * @param {Look} look
 */
export const paint = (canvas, scene, look) => {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width / ratio, canvas.height / ratio);
  const { k, x, y } = look.transform;
  context.translate(x, y);
  context.scale(k, k);
  const isNear = (/** @type {Line} */ { from, to }) =>
    look.selected !== null &&
    (from.name === look.selected ||
      to.name === look.selected ||
      (look.path.has(from.name) && look.path.has(to.name)));
  paintLines(
    context,
    scene,
    scene.lines.filter((line) => !isNear(line)),
    look,
    false,
  );
  paintLines(context, scene, scene.lines.filter(isNear), look, true);
  context.textBaseline = 'middle';
  const paintShape = !scene.isLayered ? paintCircle : k < READABLE ? paintSmallBox : paintBox;
  for (const shape of scene.shapes) {
    context.globalAlpha = look.isFaded(shape.name) ? 0.22 : 1;
    paintShape(context, shape, look);
  }
  context.globalAlpha = 1;
  if (!scene.isLayered || k < READABLE) paintLabels(context, scene, look);
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Line[]} lines
 * @param {Look} look
 * @param {boolean} isNear
 */
const paintLines = (context, scene, lines, look, isNear) => {
  const isDense = scene.lines.length > 1000;
  context.globalAlpha = isNear ? 1 : look.selected !== null ? 0.25 : isDense ? 0.35 : 0.8;
  context.strokeStyle = (isNear ? look.colors['accent'] : look.colors['line']) ?? '';
  context.fillStyle = context.strokeStyle;
  context.lineWidth = (isNear ? 1.8 : 1) / Math.min(1, Math.max(0.3, look.transform.k));
  context.beginPath();
  for (const line of lines) trace(context, line);
  context.stroke();
  if (scene.isLayered) for (const line of lines) paintArrow(context, line);
  context.globalAlpha = 1;
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Line} line
 */
const trace = (context, { from, to, points }) => {
  const [first, ...others] = points;
  if (first === undefined) {
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    return;
  }
  context.moveTo(first.x, first.y);
  others.forEach((point, number) => {
    const next = others[number + 1];
    if (next === undefined) context.lineTo(point.x, point.y);
    else context.quadraticCurveTo(point.x, point.y, (point.x + next.x) / 2, (point.y + next.y) / 2);
  });
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Line} line
 */
const paintArrow = (context, { points }) => {
  const [before, end] = points.slice(-2);
  if (before === undefined || end === undefined) return;
  const angle = Math.atan2(end.y - before.y, end.x - before.x);
  context.beginPath();
  context.moveTo(end.x, end.y);
  for (const turn of [2.7, -2.7])
    context.lineTo(end.x + 8 * Math.cos(angle + turn), end.y + 8 * Math.sin(angle + turn));
  context.closePath();
  context.fill();
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Look} look
 */
const paintBox = (context, shape, look) => {
  const [left, top] = [shape.x - shape.width / 2, shape.y - shape.height / 2];
  context.fillStyle = look.colors['surface'] ?? '';
  context.strokeStyle =
    (isMarked(shape, look) ? look.colors['accent'] : look.colors['border']) ?? '';
  context.lineWidth = shape.name === look.selected ? 3 : 1.2;
  context.beginPath();
  context.roundRect(left, top, shape.width, shape.height, 5);
  context.fill();
  context.stroke();
  context.fillStyle = look.colorOf(shape.name);
  context.beginPath();
  context.roundRect(left + 3, top + 3, 7, shape.height - 6, 3);
  context.fill();
  context.fillStyle = look.colors['text'] ?? '';
  context.font = FONT;
  context.fillText(shape.label, left + 16, shape.y + 1);
};

/**
 * Draws a box whose text would be too small to read.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Look} look
 */
const paintSmallBox = (context, shape, look) => {
  const [left, top] = [shape.x - shape.width / 2, shape.y - shape.height / 2];
  context.beginPath();
  context.roundRect(left, top, shape.width, shape.height, 5);
  fillShape(context, shape, look);
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Look} look
 */
const paintCircle = (context, shape, look) => {
  const radius = Math.max(shape.width / 2, SMALLEST / look.transform.k);
  context.beginPath();
  context.arc(shape.x, shape.y, radius, 0, 2 * Math.PI);
  fillShape(context, shape, look);
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Look} look
 */
const fillShape = (context, shape, look) => {
  context.fillStyle = look.colorOf(shape.name);
  context.fill();
  if (!isMarked(shape, look)) return;
  context.strokeStyle = look.colors['text'] ?? '';
  context.lineWidth = 2.5 / look.transform.k;
  context.stroke();
};

/**
 * @param {Shape} shape
 * @param {Look} look
 */
const isMarked = ({ name }, { selected, path }) => name === selected || path.has(name);

/**
 * Draws labels in a readable size, the most important first, where they hide no other.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Look} look
 */
const paintLabels = (context, { shapes, isLayered }, look) => {
  const { k, x, y } = look.transform;
  const grave = new Set([look.colors['critical'], look.colors['high']]);
  const weight = (/** @type {Shape} */ shape) =>
    (isMarked(shape, look) ? 1e6 : 0) +
    (grave.has(look.colorOf(shape.name)) ? 1e3 : 0) +
    shape.height;
  const candidates = shapes
    .filter(({ name }) => !look.isFaded(name))
    .sort((a, b) => weight(b) - weight(a));
  /** @type {{ left: number, right: number, y: number }[]} of the screen */
  const taken = [];
  context.font = `${LABEL / k}px system-ui, sans-serif`;
  context.lineJoin = 'round';
  context.lineWidth = 3 / k;
  context.strokeStyle = look.colors['surface'] ?? '';
  context.fillStyle = look.colors['text'] ?? '';
  for (const shape of candidates) {
    if (taken.length >= MOST_LABELS) return;
    const [atX, atY] = isLayered
      ? [shape.x - shape.width / 2, shape.y - shape.height / 2 - 7 / k]
      : [shape.x + Math.max(shape.width / 2, SMALLEST / k) + 3 / k, shape.y];
    const left = x + k * atX;
    const box = { left, right: left + 6.5 * shape.label.length, y: y + k * atY };
    if (taken.some((other) => hides(box, other))) continue;
    taken.push(box);
    context.strokeText(shape.label, atX, atY);
    context.fillText(shape.label, atX, atY);
  }
};

/** @type {(a: { left: number, right: number, y: number }, b: { left: number, right: number, y: number }) => boolean} */
const hides = (a, b) => a.left < b.right && b.left < a.right && Math.abs(a.y - b.y) < LABEL + 2;
