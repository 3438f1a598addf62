// A program in a Node process: what is said of it, and how it ends.
import * as fs from 'node:fs';
import { mapsIn } from '../stacks/maps-file.js';
import { uncaughtText } from '../stacks/uncaught.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { Maps } from '../stacks/maps-file.js' */
/** @import { Stacks } from '../stacks/stack.js' */

const { readFileSync } = fs; // as it is before packages are refused the descriptors of others

const UNSETTLED = 13; // Node's exit code for a top-level await that never settles

/** @param {string} text */
export const print = (text) => {
  fs.writeSync(2, `${text}\n`);
};

/**
 * An exception of the application's first module: as Node treats what nobody catches.
 *
 * @param {unknown} error
 * @param {Pick<Stacks, 'lineOf'>} stacks
 */
export const reportUncaught = (error, stacks) => {
  if (process.listenerCount('uncaughtException') > 0) {
    /** @type {any} */ (process).emit('uncaughtException', error, 'uncaughtException');
    return;
  }
  print(uncaughtText(error, stacks));
  process.exit(1);
};

/**
 * The module `inspector` would say it for sure, and takes 7 ms to load.
 *
 * @returns {boolean} whether a debugger may look at this process
 */
const isInspected = () => {
  const { NODE_OPTIONS = '', VSCODE_INSPECTOR_OPTIONS } = process.env;
  const options = [...process.execArgv, NODE_OPTIONS];
  return VSCODE_INSPECTOR_OPTIONS !== undefined || options.some((o) => o.includes('--inspect'));
};

/**
 * @param {string | number | undefined} file a path, or a descriptor; undefined: there is none
 * @param {string} sha512 of the application
 * @returns {Maps} of the file, read when they are wanted first
 */
export const mapsAt = (file, sha512) => {
  const read = () => {
    try {
      return file === undefined ? undefined : readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  return { of: mapsIn(read, sha512), debugged: isInspected() };
};

/**
 * Listeners to `exit` are told the code too: it is decided when nothing is left to be done.
 *
 * @returns {() => void} to be called when the program has been evaluated
 */
export const expectSettlement = () => {
  let decided = false;
  const onBeforeExit = () => {
    if (process.exitCode !== undefined) return;
    decided = true;
    process.exitCode = UNSETTLED;
  };
  const onExit = () => {
    if (decided) print('Warning: Detected unsettled top-level await');
  };
  process.on('beforeExit', onBeforeExit);
  process.on('exit', onExit);
  return () => {
    process.off('beforeExit', onBeforeExit);
    process.off('exit', onExit);
    if (decided && process.exitCode === UNSETTLED) process.exitCode = undefined;
  };
};

/**
 * @param {CompartmentMap} map
 * @returns {boolean} whether its policies withhold nothing from anyone: bundled with `--allow-all`
 */
const deniesNothing = (map) =>
  [...map.compartments.values()].every(
    ({ policy }) =>
      policy?.globals === 'any' && policy.builtins === 'any' && policy.packages === 'any',
  );

/**
 * @param {CompartmentMap} map
 * @param {boolean} allowAll
 */
export const warnOfAllAuthority = (map, allowAll) => {
  if (allowAll || deniesNothing(map))
    print('warning: --allow-all gives every package all authority of this process');
};
