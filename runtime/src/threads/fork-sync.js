// `spawnSync` and `execFileSync` of Node itself with a module of the archive. Standard input is the only stream that Node
// writes to a child it waits for, so it passes the archive too, before the input.
import { codedError } from '../base/errors.js';
import { clonerOf } from '../replacements/replacements.js';
import { sentSignal } from '../views/sent-message.js';
import { beginningOf, notInArchive, threadsOf, variablesFor } from './beginnings.js';
import { execArgvOf } from './exec-argv.js';
import {
  checkOptions,
  startsNode,
  makeExecFile,
  makeFork,
  makeSpawn,
  moduleOf,
  partsOf,
  stdioOf,
} from './fork.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package } from '../protocols/package.js' */

const OPTIONS = ['cwd', 'timeout', 'maxBuffer'];

/**
 * @param {Package} pkg
 * @param {AnyObject} given options
 * @returns {Uint8Array}
 */
export const inputOf = ({ application: { powers } }, { input, encoding }) => {
  if (input === undefined || input === null) return Buffer.alloc(0);
  if (typeof input === 'string') {
    const known = typeof encoding === 'string' && Buffer.isEncoding(encoding);
    return Buffer.from(input, known ? encoding : 'utf8');
  }
  const view = /** @type {ArrayBufferView} */ (
    clonerOf(powers).copy(/** @type {object} */ (input))
  );
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
};

/**
 * @param {Package} pkg
 * @param {NonNullable<ReturnType<typeof moduleOf>>} found
 * @param {AnyObject} given options
 * @returns {AnyObject} the result of `spawnSync`
 */
const result = (pkg, { target, shown, args, execArgv }, given) => {
  checkOptions(given);
  const stdio = stdioOf(given['stdio'], ['pipe', 'pipe', 'pipe']);
  if (stdio.includes('ipc'))
    throw codedError('ERR_IPC_SYNC_FORK', 'IPC cannot be used with synchronous forks');
  const names = OPTIONS.filter((name) => given[name] !== undefined);
  const real = threadsOf(pkg).forkSync(beginningOf(pkg, target, variablesFor(pkg, given['env'])), {
    args,
    execArgv: execArgvOf(execArgv),
    stdio,
    input: inputOf(pkg, given),
    more: {
      ...Object.fromEntries(names.map((name) => [name, given[name]])),
      ...(given['killSignal'] !== undefined && { killSignal: sentSignal(given['killSignal']) }),
    },
  });
  const { execPath } = pkg.application.powers.globals['process'];
  return shownResult(real, stdio.length, given, { file: execPath, args: [shown, ...args] });
};

/**
 * @param {any} real the result of Node's `spawnSync`
 * @param {number} streams that the package asked for
 * @param {AnyObject} given options
 * @param {{ file: string, args: string[] }} shown what ran, as the package named it
 * @returns {AnyObject} the result as the package sees it
 */
export const shownResult = (real, streams, { encoding }, { file, args }) => {
  const { pid, status, signal, error } = real;
  const isText = typeof encoding === 'string' && encoding !== 'buffer';
  const output = real.output
    ?.slice(0, streams)
    .map((/** @type {Buffer | null} */ each) =>
      each !== null && isText ? each.toString(/** @type {BufferEncoding} */ (encoding)) : each,
    );
  if (error) {
    const message = `spawnSync ${file} ${error.code}`;
    Object.assign(error, { message, syscall: `spawnSync ${file}`, path: file, spawnargs: args });
  }
  const [, stdout, stderr] = output ?? [null, null, null];
  return {
    ...(error && { error }),
    ...{ status, signal, output: output ?? null, pid, stdout, stderr },
  };
};

/**
 * @param {Package} pkg
 * @param {Function | undefined} raw
 * @returns {Function}
 */
const makeSpawnSync = (pkg, raw) => {
  const spawnSync = (/** @type {unknown} */ program, /** @type {unknown[]} */ ...rest) => {
    if (raw !== undefined && !startsNode(pkg, program)) return raw(program, ...rest);
    const { args, given } = partsOf(rest);
    const found = moduleOf(pkg, program, args);
    if (found !== undefined) return result(pkg, found, given);
    if (raw !== undefined) return raw(program, ...rest);
    throw notInArchive(
      pkg,
      'child_process.fork',
      [program, ...args].join(' '),
      "spawnSync(process.execPath, [require.resolve('./child')])",
    );
  };
  return Object.freeze(spawnSync);
};

/**
 * @param {Package} pkg
 * @param {Function | undefined} raw
 * @param {Function} spawnSync of the package
 * @returns {Function}
 */
export const makeExecFileSync = (pkg, raw, spawnSync) => {
  const execFileSync = (/** @type {unknown} */ program, /** @type {unknown[]} */ ...rest) => {
    if (raw !== undefined && !startsNode(pkg, program)) return raw(program, ...rest);
    const { args, given } = partsOf(rest);
    if (raw !== undefined && moduleOf(pkg, program, args) === undefined)
      return raw(program, ...rest);
    const done = spawnSync(program, args, given);
    const { stdout, stderr, status, error } = done;
    const isShown = given['stdio'] === undefined || given['stdio'] === null;
    if (isShown && stderr?.length > 0)
      pkg.application.powers.globals['process'].stderr.write(stderr);
    if (error) throw Object.assign(error, { ...done, error: undefined });
    if (status === 0) return stdout;
    const command = [program, ...args].join(' ');
    const text = stderr?.length > 0 ? `\n${stderr}` : '';
    throw Object.assign(new Error(`Command failed: ${command}${text}`), done);
  };
  return Object.freeze(execFileSync);
};

/**
 * @param {Package} pkg
 * @param {AnyObject} [raw] `child_process` of Node, for a package that may start any program
 * @returns {Record<string, Function>} the functions that start modules of the archive
 */
export const processStarters = (pkg, raw = {}) => {
  const spawn = makeSpawn(pkg, raw['spawn']);
  const execFile = makeExecFile(pkg, raw['execFile'], spawn);
  const spawnSync = makeSpawnSync(pkg, raw['spawnSync']);
  const execFileSync = makeExecFileSync(pkg, raw['execFileSync'], spawnSync);
  return { fork: makeFork(pkg, raw['fork']), spawn, execFile, spawnSync, execFileSync };
};
