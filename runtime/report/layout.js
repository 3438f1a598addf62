// Positions for the package graph: in layers if it is small enough to read, on rings otherwise.
import dagre from '@dagrejs/dagre';
import { hierarchy, tree } from 'd3-hierarchy';

/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {string} label
 * @property {string | null} parent the package that requests it on the shortest way; null for the application
 * @property {number} x the center
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/** @typedef {{ x: number, y: number }} Point */
/** @typedef {{ from: Shape, to: Shape, points: Point[] }} Line */
/** @typedef {{ shapes: Shape[], lines: Line[], isLayered: boolean }} Scene */

/** Above it, layers are too tall to read, and take seconds. */
export const MOST_IN_LAYERS = 150;

const BETWEEN = 15; // shapes on a ring

/** @param {Scene} scene */
export const layOutLayers = ({ shapes, lines }) => {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 70, edgesep: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name, width, height } of shapes) graph.setNode(name, { width, height });
  for (const { from, to } of lines) graph.setEdge(from.name, to.name);
  dagre.layout(graph);
  for (const shape of shapes) {
    const { x, y } = /** @type {Point} */ (graph.node(shape.name));
    Object.assign(shape, { x, y });
  }
  for (const line of lines) line.points = graph.edge(line.from.name, line.to.name)?.points ?? [];
};

/**
 * Puts the application into the middle, and each package one ring further than the package that requests it.
 *
 * @param {Scene} scene
 */
export const layOutRings = ({ shapes }) => {
  /** @type {Map<string | null, Shape[]>} */
  const children = Map.groupBy(shapes, (shape) => shape.parent);
  const [first, ...others] = children.get(null) ?? [];
  if (first === undefined) return;
  const below = (/** @type {Shape} */ shape) => [
    ...(children.get(shape.name) ?? []),
    ...(shape === first ? others : []), // packages that no request reaches
  ];
  const root = hierarchy(first, below);
  const counts = Map.groupBy(root.descendants(), (node) => node.depth);
  const placed = tree()
    .size([2 * Math.PI, 1])
    .separation(separation)(/** @type {any} */ (root));
  const radii = ringRadii([...counts.values()].map((nodes) => nodes.length));
  placed.each(({ x: angle, depth, data }) => {
    const radius = radii[depth] ?? 0;
    const shape = /** @type {Shape} */ (/** @type {unknown} */ (data));
    Object.assign(shape, { x: radius * Math.cos(angle), y: radius * Math.sin(angle) });
  });
};

/** @type {(a: { parent: unknown, depth: number }, b: { parent: unknown }) => number} */
const separation = (a, b) => (a.parent === b.parent ? 1 : 2) / Math.max(1, a.depth);

/**
 * @param {number[]} counts of shapes by ring
 * @returns {number[]} the radius of each ring, long enough for its shapes
 */
const ringRadii = (counts) => {
  let radius = 0;
  return counts.map((count, ring) => {
    if (ring > 0) radius = Math.max(radius + 110, (count * BETWEEN) / (2 * Math.PI));
    return radius;
  });
};
