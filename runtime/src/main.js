// node main.cjs [OPTIONS] (ARCHIVE | --fd N NAME) [ARGS...]
import { secure } from './lockdown.js';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inspect } from 'node:util';
import { auditReport, makeRecorder } from './audit.js';
import { InvalidArchive } from './errors.js';
import { importArchive, makeStacks, parseArchive } from './index.js';
import { narrowed } from './narrow.js';
import { prepareHost, verifyPowers } from './powers.js';

/** @import { Archive } from './import-archive.js' */

const UNSETTLED = 13; // Node's exit code for a top-level await that never settles
const USAGE =
  'usage: node main.cjs [--allow-all] [--audit[=json]] [--narrow-fd N] (ARCHIVE | --fd N NAME) [ARGS...]';

/**
 * @typedef {object} Command
 * @property {boolean} allowAll
 * @property {'text' | 'json' | undefined} audit
 * @property {number | undefined} narrow a file descriptor with policies that narrow the archive's
 * @property {string | number} source a path or a file descriptor
 * @property {string} name what the program sees as its own
 * @property {string[]} args
 */

/** @param {string} text */
const say = (text) => {
  fs.writeSync(2, `${text}\n`);
};

/** @typedef {Pick<Command, 'allowAll' | 'audit' | 'narrow'>} Options */

/**
 * @param {string[]} argv whose options are taken from its start
 * @returns {Options | undefined}
 */
const parseOptions = (argv) => {
  /** @type {Options} */
  const options = { allowAll: false, audit: undefined, narrow: undefined };
  for (;;) {
    const [first, second = ''] = argv;
    if (first === '--allow-all') options.allowAll = true;
    else if (first === '--audit') options.audit = 'text';
    else if (first === '--audit=json') options.audit = 'json';
    else if (first === '--narrow-fd') {
      if (!/^\d+$/.test(second)) return undefined;
      options.narrow = Number(second);
      argv.shift();
    } else return options;
    argv.shift();
  }
};

/**
 * @param {string[]} argv
 * @returns {Command | undefined}
 */
const parseCommand = (argv) => {
  const rest = [...argv];
  const options = parseOptions(rest);
  const [source, ...args] = rest;
  if (options === undefined || source === undefined) return undefined;
  if (source !== '--fd') return { ...options, source, name: path.resolve(source), args };
  const [descriptor, name, ...others] = args;
  if (name === undefined || !/^\d+$/.test(descriptor ?? '')) return undefined;
  return { ...options, source: Number(descriptor), name: path.resolve(name), args: others };
};

/** @param {number} descriptor */
const readDescriptor = (descriptor) => {
  const text = fs.readFileSync(descriptor, 'utf8');
  fs.closeSync(descriptor);
  return text;
};

/**
 * @param {Command} command
 * @returns {Archive | undefined} undefined: a problem was reported
 */
const readArchive = ({ source, name, narrow }) => {
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
    const archive = parseArchive(bytes, verifyPowers);
    if (narrow === undefined) return archive;
    return { ...archive, map: narrowed(archive.map, readDescriptor(narrow)) };
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
 * What the program's own listeners to `exit` use is recorded too.
 *
 * @param {'text' | 'json'} format
 * @returns {import('./audit.js').Recorder}
 */
const reportAtExit = (format) => {
  const recorder = makeRecorder();
  const host = /** @type {any} */ (process);
  const { emit } = host;
  host.emit = (/** @type {unknown[]} */ ...args) => {
    const result = Reflect.apply(emit, host, args);
    if (args[0] === 'exit') say(auditReport(recorder, format));
    return result;
  };
  return recorder;
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
const run = async (archive, { allowAll, audit, name, args }) => {
  process.argv = [process.execPath, name, ...args];
  if (allowAll || withholdsNothing(archive))
    say('warning: --allow-all gives every package all authority of this process');
  const stacks = makeStacks();
  const withLocked = prepareHost();
  const powers = withLocked(secure(stacks.prepareStackTrace));
  const settled = expectSettlement();
  const recorder = audit && reportAtExit(audit);
  try {
    await importArchive(archive, {
      powers,
      stacks,
      allowAll,
      ...(recorder && { audit: recorder }),
    });
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
