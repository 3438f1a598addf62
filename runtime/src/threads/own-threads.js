// `worker_threads` of one package.
import { channels, clonerOf } from '../replacements/replacements.js';
import { sharingOf } from '../taming/host-tame.js';
import { defineOwn, ownCopy } from '../views/view.js';
import { environmentFunctions } from './environment-data.js';
import { makeWorkerClass } from './worker.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package } from '../protocols/package.js' */
/** @import { Powers } from '../protocols/powers.js' */

/** @type {WeakMap<object, object>} ports of packages by those of the host: a message can be unpacked several times */
const accepted = new WeakMap();

/**
 * @param {Powers} powers
 * @param {any} real
 * @returns {object} the port that packages have for it
 */
const portOf = (powers, real) => {
  const port = accepted.get(real) ?? channels(powers).accept(real);
  accepted.set(real, port);
  return port;
};

/**
 * Each package gets a copy of the data that the thread was given, with the same ports and transferred buffers.
 *
 * @param {Powers} powers
 * @returns {{ parentPort: unknown, workerData: unknown } | undefined} undefined in the main thread
 */
const givenToThread = (powers) => {
  const current = powers.threads?.current;
  if (current?.given === undefined) return undefined;
  const { unpack } = clonerOf(powers);
  const ports = { hostOf: () => undefined, release: () => undefined };
  return {
    parentPort: portOf(powers, current.parentPort),
    workerData: unpack(current.given.workerData, {
      ...ports,
      accept: (real) => portOf(powers, real),
    }),
  };
};

/**
 * @param {Package} pkg
 * @param {AnyObject} original `worker_threads`
 * @returns {AnyObject}
 */
export const ownThreads = (pkg, original) => {
  const { application } = pkg;
  const { powers } = application;
  const copy = ownCopy(original, sharingOf(application));
  const { postMessageToThread } = original;
  const own = {
    ...environmentFunctions(application),
    ...givenToThread(powers),
    Worker: makeWorkerClass(pkg, original['Worker']),
    ...(postMessageToThread && {
      postMessageToThread: (
        /** @type {unknown} */ thread,
        /** @type {unknown} */ value,
        /** @type {unknown} */ transfer,
        /** @type {unknown} */ timeout,
      ) => {
        const listed = typeof transfer === 'number' ? [] : [.../** @type {any} */ (transfer ?? [])];
        const wait = typeof transfer === 'number' ? transfer : timeout;
        return postMessageToThread(thread, clonerOf(powers).clone(value, listed), wait);
      },
    }),
  };
  for (const [name, value] of Object.entries(own)) if (name in copy) defineOwn(copy, name, value);
  return copy;
};
