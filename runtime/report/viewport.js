// The part of the graph that the canvas shows: pan, zoom, fit.
import { select } from 'd3-selection';
import { zoom as makeZoom, zoomIdentity } from 'd3-zoom';

/** @import { Scene, Shape } from './layout.js' */

const EDGE = 40; // pixels in which a selected shape counts as hidden
const MARGIN = 20;

/**
 * @typedef {object} Viewport
 * @property {() => { k: number, x: number, y: number }} transform
 * @property {(factor: number) => void} zoomBy
 * @property {(scene: Scene) => void} fit shows all shapes
 * @property {(shape: Shape | undefined) => void} reveal moves a shape into the canvas
 * @property {(event: MouseEvent) => { x: number, y: number, slack: number }} pointOf in the scene
 * @property {() => boolean} resize returns whether the canvas is visible
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} changed
 * @returns {Viewport}
 */
export const makeViewport = (canvas, changed) => {
  let transform = zoomIdentity;
  const zoom = makeZoom()
    .scaleExtent([0.02, 6])
    .on('zoom', (event) => {
      transform = event.transform;
      changed();
    });
  const target = /** @type {any} */ (select(canvas));
  target.call(zoom).on('dblclick.zoom', null);
  return {
    transform: () => transform,
    zoomBy: (factor) => zoom.scaleBy(target, factor),
    fit: ({ shapes }) => {
      if (shapes.length === 0) return;
      const { left, right, top, bottom } = boundsOf(shapes);
      const { clientWidth: width, clientHeight: height } = canvas;
      const k = Math.min(1.4, width / (right - left), height / (bottom - top));
      const [x, y] = [(width - k * (left + right)) / 2, (height - k * (top + bottom)) / 2];
      zoom.transform(target, zoomIdentity.translate(x, y).scale(k));
    },
    reveal: (shape) => {
      if (shape === undefined) return;
      const [x, y] = transform.apply([shape.x, shape.y]);
      const isInside = (/** @type {number} */ at, /** @type {number} */ size) =>
        at >= EDGE && at <= size - EDGE;
      if (!isInside(x, canvas.clientWidth) || !isInside(y, canvas.clientHeight))
        zoom.translateTo(target, shape.x, shape.y);
    },
    pointOf: ({ offsetX, offsetY }) => {
      const [x, y] = transform.invert([offsetX, offsetY]);
      return { x, y, slack: 4 / transform.k };
    },
    resize: () => {
      const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) =>
        Math.round(size * devicePixelRatio),
      );
      if (canvas.width !== width) canvas.width = width ?? 0; // assigning clears the canvas
      if (canvas.height !== height) canvas.height = height ?? 0;
      return canvas.clientWidth > 0;
    },
  };
};

/** @param {Shape[]} shapes */
const boundsOf = (shapes) => ({
  left: Math.min(...shapes.map(({ x, width }) => x - width / 2)) - MARGIN,
  right: Math.max(...shapes.map(({ x, width }) => x + width / 2)) + MARGIN,
  top: Math.min(...shapes.map(({ y, height }) => y - height / 2)) - MARGIN,
  bottom: Math.max(...shapes.map(({ y, height }) => y + height / 2)) + MARGIN,
});
