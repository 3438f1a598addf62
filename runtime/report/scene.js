// From packages to the shapes and lines of the graph.
import { ROOT } from './model.js';

/** @import { Scene, Shape } from './layout.js' */
/** @import { Package } from './review.js' */
/** @import { Model } from './model.js' */

const LONGEST = 28;

/**
 * @param {Model} model
 * @param {Package[]} packages the shown ones
 * @param {boolean} isLayered whether shapes are boxes with their label in them
 * @param {(text: string) => number} widthOf the width of a label
 * @returns {Scene}
 */
export const makeScene = (model, packages, isLayered, widthOf) => {
  const parents = parentsOf(model);
  /** @type {Map<string, Shape>} */
  const shapes = new Map();
  for (const own of packages) {
    const full = model.labelOf(own);
    const label = full.length > LONGEST ? `${full.slice(0, LONGEST - 1)}…` : full;
    const radius = 5 + 1.6 * Math.sqrt(own.dependents.length);
    shapes.set(own.canonicalName, {
      name: own.canonicalName,
      label,
      parent: parents.get(own.canonicalName) ?? null,
      x: 0,
      y: 0,
      width: isLayered ? widthOf(label) + 26 : 2 * radius,
      height: isLayered ? 26 : 2 * radius,
    });
  }
  const lines = packages.flatMap((own) =>
    own.dependencies.flatMap((name) => {
      const [from, to] = [shapes.get(own.canonicalName), shapes.get(name)];
      return from && to ? [{ from, to, points: [] }] : [];
    }),
  );
  return { shapes: [...shapes.values()], lines, isLayered };
};

/** @param {Model} model */
const parentsOf = ({ packages }) => {
  /** @type {Map<string, string | null>} */
  const parents = new Map([[ROOT, null]]);
  for (const name of parents.keys())
    for (const next of packages.get(name)?.dependencies ?? [])
      if (!parents.has(next)) parents.set(next, name); // grows while it is walked
  return parents;
};

/**
 * @param {Model} model
 * @param {string} name
 * @returns {Package[]} the package, its import chain, and the packages beside it
 */
export const neighbours = ({ packages }, name) => {
  const own = packages.get(name);
  if (own === undefined) return [];
  const names = new Set([
    name,
    ...own.chain.map((step) => step.package),
    ...own.dependencies.slice(0, 60),
    ...own.dependents.slice(0, 60),
  ]);
  return [...names].flatMap((each) => packages.get(each) ?? []);
};
