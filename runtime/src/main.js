// node main.cjs [--allow-all] (ARCHIVE | --fd N NAME) [ARGS...]
import { secure } from './lockdown.js';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inspect } from 'node:util';
import { InvalidArchive } from './errors.js';
import { importArchive, makeStacks, parseArchive } from './index.js';
import { prepareHost, verifyPowers } from './powers.js';

/** @import { Archive } from './import-archive.js' */

const UNSETTLED = 13; // Node's exit code for a top-level await that never settles
const USAGE = 'usage: node main.cjs [--allow-all] (ARCHIVE | --fd N NAME) [ARGS...]';

/**
 * @typedef {object} Command
 * @property {boolean} allowAll
 * @property {string | number} source a path or a file descriptor
 * @property {string} name what the program sees as its own
 * @property {string[]} args
 */

/** @param {string} text */
const say = (text) => {
  fs.writeSync(2, `${text}\n`);
};

/**
 * @param {string[]} argv
 * @returns {Command | undefined}
 */
const parseCommand = (argv) => {
  const [first, ...others] = argv;
  const allowAll = first === '--allow-all';
  const [source, ...args] = allowAll ? others : argv;
  if (source !== '--fd') {
    return source === undefined
      ? undefined
      : { allowAll, source, name: path.resolve(source), args };
  }
  const [descriptor, name, ...rest] = args;
  if (name === undefined || !/^\d+$/.test(descriptor ?? '')) return undefined;
  return { allowAll, source: Number(descriptor), name: path.resolve(name), args: rest };
};

/**
 * @param {Command} command
 * @returns {Archive | undefined} undefined: a problem was reported
 */
const readArchive = ({ source, name }) => {
  /** @type {Uint8Array} */
  let bytes;
  try {
    bytes = fs.readFileSync(source);
    if (typeof source === 'number') fs.closeSync(source);
  } catch (error) {
    say(`error [INVALID_ARCHIVE]: can't read ${name}: ${/** @type {Error} */ (error).message}`);
    say('hint: name an archive that `compartment-mapper bundle` has made');
    return undefined;
  }
  try {
    return parseArchive(bytes, verifyPowers);
  } catch (error) {
    if (!(error instanceof InvalidArchive)) throw error;
    say(`error [INVALID_ARCHIVE]: ${name}: ${error.message}`);
    say(`hint: ${error.hint}`);
    return undefined;
  }
};

/** @param {unknown} error */
const describe = (error) => {
  const shown = inspect(error);
  if (!(error instanceof Error)) return `Uncaught:\n${shown}`;
  // Before version 22, Node takes an error of a locked down realm for a plain object.
  return shown.includes(error.message) ? shown : `${error.stack} ${shown}`;
};

/**
 * An exception of the application's first module: as Node treats what nobody catches.
 *
 * @param {unknown} error
 */
const reportUncaught = (error) => {
  if (process.listenerCount('uncaughtException') > 0) {
    /** @type {any} */ (process).emit('uncaughtException', error, 'uncaughtException');
    return;
  }
  say(`${describe(error)}\n\nNode.js ${process.version}`);
  process.exit(1);
};

const expectSettlement = () => {
  const onExit = () => {
    if (process.exitCode !== undefined) return;
    process.exitCode = UNSETTLED;
    say('Warning: Detected unsettled top-level await');
  };
  process.on('exit', onExit);
  return () => process.off('exit', onExit);
};

/**
 * @param {Archive} archive
 * @returns {boolean} whether its policies withhold nothing from anyone: bundled with `--allow-all`
 */
const withholdsNothing = ({ map }) =>
  [...map.compartments.values()].every(
    ({ policy }) =>
      policy?.globals === 'any' && policy.builtins === 'any' && policy.packages === 'any',
  );

/**
 * @param {Archive} archive
 * @param {Command} command
 */
const run = async (archive, { allowAll, name, args }) => {
  process.argv = [process.execPath, name, ...args];
  if (allowAll || withholdsNothing(archive))
    say('warning: --allow-all gives every package all authority of this process');
  const stacks = makeStacks();
  const withLocked = prepareHost();
  const powers = withLocked(secure(stacks.prepareStackTrace));
  const settled = expectSettlement();
  try {
    await importArchive(archive, { powers, stacks, allowAll });
  } catch (error) {
    settled();
    reportUncaught(error);
    return;
  }
  settled();
};

const command = parseCommand(process.argv.slice(2));
const archive = command && readArchive(command);
if (command === undefined) say(USAGE);
if (command !== undefined && archive !== undefined) void run(archive, command);
else process.exitCode = command === undefined ? 2 : 1;
