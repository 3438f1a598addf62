// Locks the realm of a program down, after its shims.
import * as fs from 'node:fs';
import { InvalidArchive, ShimRefused } from '../base/errors.js';
import { secure } from '../lockdown/lockdown.js';
import { print } from '../node/node-program.js';
import { shimsOf } from '../shims/graph.js';
import { shimRunner } from '../shims/run.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { Locked, PrepareStackTrace } from '../lockdown/lockdown.js' */
/** @import { ShimRun } from '../shims/run.js' */

/**
 * @typedef {object} Shimming
 * @property {CompartmentMap} map
 * @property {StoredFiles} files
 */

const { writeSync } = fs;

/**
 * Ends the process without a call of a function that a shim may have replaced.
 *
 * @param {string} message
 */
const die = (message) => {
  writeSync(2, message);
  /** @type {any} */ (process).reallyExit(1);
};

/**
 * @param {Shimming} application
 * @param {PrepareStackTrace} prepareStackTrace
 * @param {((run: ShimRun) => void)} [record] called with what each shim adds; without it, the policy must list that
 * @returns {Locked}
 * @throws {InvalidArchive | ShimRefused}
 */
const secureWith = ({ map, files }, prepareStackTrace, record) => {
  const shims = shimsOf(map, files);
  if (shims.length === 0) return secure(prepareStackTrace);
  const { isProxy } = process.getBuiltinModule('node:util').types;
  const runShims = shimRunner(shims, { end: die, isProxy }, record);
  return secure(prepareStackTrace, { runShims });
};

/**
 * @param {Shimming} application
 * @param {PrepareStackTrace} prepareStackTrace
 * @param {((run: ShimRun) => void)} [record]
 * @returns {Locked} the process ends if a shim is refused
 */
export const secureProcess = (application, prepareStackTrace, record) => {
  try {
    return secureWith(application, prepareStackTrace, record);
  } catch (error) {
    if (!(error instanceof ShimRefused || error instanceof InvalidArchive)) throw error;
    print(`error [${error.code}]: ${error.message}`);
    print(`hint: ${error.hint}`);
    process.exit(1);
  }
};
