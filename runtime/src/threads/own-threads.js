// `worker_threads` of one package.
import { channels, clonerOf } from '../replacements/replacements.js';
import { sharingOf } from '../taming/host-tame.js';
import { defineOwn, ownCopy } from '../views/view.js';
import { environmentFunctions } from './environment-data.js';
import { makeWorkerClass } from './worker.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package } from '../protocols/package.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * Each package gets a copy of the data that the thread was given, with the same transferred buffers, and ports of its
 * own over those of the host: packages do not share an object.
 *
 * @param {Powers} powers
 * @returns {{ parentPort: unknown, workerData: unknown } | undefined} undefined in the main thread
 */
const givenToThread = (powers) => {
  const current = powers.threads?.current;
  if (current?.given === undefined) return undefined;
  const { unpack } = clonerOf(powers);
  const { accept } = channels(powers);
  const ports = { hostOf: () => undefined, release: () => undefined };
  return {
    parentPort: accept(current.parentPort),
    workerData: unpack(current.given.workerData, { ...ports, accept }),
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
