// Cross-package exports: hardens the exports of a package once another package has them and no module of the package
// is being evaluated. Until then a package may modify its own exports.
import { hardenTransitively, isCode, lockExport, sourceOf } from './hardening.js';
import { needStack } from '../base/stack-space.js';

/** @import { Locking } from './hardening.js' */
/** @import { EvaluatedModule, CrossPackageExports, Harden } from '../protocols/modules.js' */

/** @type {WeakMap<object, object>} the package of each exported object that was checked */
const owners = new WeakMap();

/**
 * Starts each search at the last match, because functions mostly come in source order.
 *
 * @param {string} source
 * @returns {(part: string) => boolean}
 */
const makeSearch = (source) => {
  let last = 0;
  return (part) => {
    const index = source.indexOf(part, last);
    const found = index >= 0 ? index : source.lastIndexOf(part, last);
    if (found >= 0) last = found;
    return found >= 0;
  };
};

/**
 * A function belongs to a package if its source is part of the package's source. A package does not lock re-exports
 * of other packages or of the host.
 *
 * @param {object} owner
 * @param {string} source
 * @returns {Locking}
 */
const makeLocking = (owner, source) => {
  const isIn = makeSearch(source);
  return {
    isForeign: (object) => owners.has(object) && owners.get(object) !== owner,
    isOwn: (value) => {
      if (typeof value !== 'function') return false;
      const known = owners.get(value);
      if (known !== undefined) return known === owner;
      if (!isIn(sourceOf(value))) return false;
      owners.set(value, owner);
      return true;
    },
  };
};

/**
 * @param {object} owner
 * @param {EvaluatedModule} module
 * @param {Harden} harden
 * @param {(object: object) => boolean} isHost
 */
const hardenModule = (owner, { source, exports, watch }, harden, isHost) => {
  const locking = makeLocking(owner, source);
  if (harden === true) watch?.((value) => hardenTransitively(value, isHost));
  for (const [value, role] of exports()) {
    if (harden === true) hardenTransitively(value, isHost);
    else if (harden === 'code') lockExport(locking, value, role);
    const isObject = typeof value === 'object' && value !== null;
    if (isObject && !owners.has(value)) owners.set(value, owner);
  }
};

/**
 * @param {object} owner the package
 * @param {Harden} harden
 * @param {(object: object) => boolean} isHost whether the object belongs to the host
 * @returns {CrossPackageExports}
 */
export const makeCrossPackageExports = (owner, harden, isHost) => {
  /** @type {EvaluatedModule[]} */
  let waiting = [];
  let evaluating = 0;
  let isShared = false;
  const settle = () => {
    if (!isShared || evaluating > 0 || waiting.length === 0) return;
    needStack();
    const modules = waiting;
    waiting = [];
    for (const module of modules) hardenModule(owner, module, harden, isHost);
  };
  return {
    during: (evaluate) => {
      evaluating += 1;
      try {
        return evaluate();
      } finally {
        evaluating -= 1;
        settle();
      }
    },
    evaluated: (module) => {
      waiting.push(module);
      settle();
    },
    share: () => {
      isShared = true;
      settle();
    },
    locks: (value, source) => harden !== false && isCode(makeLocking(owner, source), value),
    isEvaluating: () => evaluating > 0,
  };
};
