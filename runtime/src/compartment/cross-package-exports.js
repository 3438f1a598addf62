// When what a package exports is hardened: once it is handed to another package, and none of its modules is being
// evaluated. Until then a package may patch its own.
import { hardenTransitively, isCode, lockExport, sourceOf } from './hardening.js';
import { needStack } from '../base/stack-space.js';

/** @import { Locking } from './hardening.js' */
/** @import { EvaluatedModule, CrossPackageExports, Harden } from '../protocols/modules.js' */

/** @type {WeakMap<object, object>} the packages of objects that were handed over, as far as they were looked at */
const owners = new WeakMap();

/**
 * Functions are searched where they were found last: they come in the order of the text mostly.
 *
 * @param {string} text
 * @returns {(source: string) => boolean}
 */
const makeSearch = (text) => {
  let last = 0;
  return (source) => {
    const index = text.indexOf(source, last);
    const found = index >= 0 ? index : text.lastIndexOf(source, last);
    if (found >= 0) last = found;
    return found >= 0;
  };
};

/**
 * A function is a package's own if its text is in one of the package's texts: what it got from another, or from
 * the host, and exports as well, is not for it to lock.
 *
 * @param {object} owner
 * @param {string} text
 * @returns {Locking}
 */
const makeLocking = (owner, text) => {
  const isIn = makeSearch(text);
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
const hardenModule = (owner, { text, exports, watch }, harden, isHost) => {
  const locking = makeLocking(owner, text);
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
 * @param {(object: object) => boolean} isHost whether an object belongs to the host
 * @returns {CrossPackageExports}
 */
export const makeCrossPackageExports = (owner, harden, isHost) => {
  /** @type {EvaluatedModule[]} */
  let waiting = [];
  let evaluating = 0;
  let handed = false;
  const settle = () => {
    if (!handed || evaluating > 0 || waiting.length === 0) return;
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
      handed = true;
      settle();
    },
    locks: (value, text) => harden !== false && isCode(makeLocking(owner, text), value),
    isEvaluating: () => evaluating > 0,
  };
};
