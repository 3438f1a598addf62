// A program in a Node process: its messages and its exit.
import * as fs from 'node:fs';
import { mapsIn } from '../stacks/maps-file.js';
import { uncaughtText } from '../stacks/uncaught.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { Maps } from '../stacks/maps-file.js' */
/** @import { Stacks } from '../stacks/stack.js' */

const { readFileSync } = fs; // the original, before `fs` denies packages the descriptors of other owners

const UNSETTLED = 13; // Node's exit code for a top-level await that never settles

/** @param {string} message */
export const print = (message) => {
  fs.writeSync(2, `${message}\n`);
};

/**
 * Handles an exception of the entry module like an uncaught exception in Node.
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
 * A heuristic, because loading the module `inspector` takes 7 ms.
 *
 * @returns {boolean} whether a debugger may be attached to this process
 */
const isInspected = () => {
  const { NODE_OPTIONS = '', VSCODE_INSPECTOR_OPTIONS } = process.env;
  const options = [...process.execArgv, NODE_OPTIONS];
  return VSCODE_INSPECTOR_OPTIONS !== undefined || options.some((o) => o.includes('--inspect'));
};

/** @type {Map<string | number, string | undefined>} a descriptor can be read once */
const maps = new Map();

/**
 * @param {string | number | undefined} file a path or a descriptor; undefined: no file
 * @returns {string | undefined} its text; undefined: it can't be read
 */
export const readMaps = (file) => {
  if (file === undefined) return undefined;
  try {
    if (!maps.has(file)) maps.set(file, readFileSync(file, 'utf8'));
  } catch {
    maps.set(file, undefined);
  }
  return maps.get(file);
};

/**
 * @param {string | number | undefined} file a path or a descriptor; undefined: no file
 * @param {string} sha512 of the application
 * @returns {Maps} of the file, read on demand
 */
export const mapsAt = (file, sha512) => ({
  of: mapsIn(() => readMaps(file), sha512),
  debugged: isInspected(),
});

/**
 * Sets the exit code for an unsettled top-level await in `beforeExit`, so that listeners of `exit` see it too.
 *
 * @returns {() => void} must be called after the evaluation of the program
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
 * @returns {boolean} whether its policies deny nothing to any package: bundled with `--allow-all`
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
    print('warning: --allow-all grants every package all capabilities of this process');
};
