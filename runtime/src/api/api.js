// The exports of the npm package, for every host.
import { checkPhases } from '../lockdown/import-phases.js';
import 'ses';
import { transforms } from 'ses/tools.js';
import { makeArchives } from './archives.js';
import { extendCompartment } from './compartment.js';
import { makeCompilers } from './compilers.js';
import { makeLock } from './lock.js';

/** @import { Host } from './host.js' */

checkPhases(transforms.mandatoryTransforms);

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/**
 * @template T
 * @param {T} value
 * @returns {T} frozen with all reachable objects
 */
const harden = (value) => {
  if (typeof start.harden !== 'function') throw new Error('harden requires `lockdown()` before');
  return start.harden(value);
};

/**
 * Replaces the globals of SES, so that `lockdown(); new Compartment()` works the same with globals and with imports.
 *
 * @param {Record<string, unknown>} replacements
 */
const replaceGlobals = (replacements) => {
  for (const [name, value] of Object.entries(replacements))
    Object.defineProperty(start, name, {
      ...{ value, writable: true, enumerable: false, configurable: true },
    });
};

/** @param {Host} host */
export const makeApi = (host) => {
  const compilers = makeCompilers({ load: host.loadCompiler, loadNow: host.loadCompilerNow });
  const { lockdown: lock, lockedRealm } = makeLock(host);
  let original = start.Compartment;
  const Compartment = extendCompartment(() => original, compilers);
  /** @type {import('ses').Lockdown} */
  const lockdown = (options) => {
    lock(options);
    original = start.Compartment; // SES has created a new one
    replaceGlobals({ Compartment: Object.freeze(Compartment) });
  };
  replaceGlobals({ lockdown, Compartment });
  const prepareSources = async () => void (await compilers.later());
  return { lockdown, harden, Compartment, prepareSources, ...makeArchives(host, lockedRealm) };
};
