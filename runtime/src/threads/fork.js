// `child_process.fork` of packages: a child process runs a module of the archive, under the same policies.
// https://nodejs.org/api/child_process.html#child_processforkmodulepath-args-options
import { codedError, codedTypeError } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { childView } from '../views/child-view.js';
import {
  beginningOf,
  locationOf,
  notInArchive,
  startableAt,
  threadsOf,
  variablesFor,
} from './beginnings.js';
import { execArgvOf } from './exec-argv.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { FileTarget, Package } from '../protocols/package.js' */

const FORK = 'child_process.fork';
const STREAMS = ['pipe', 'ignore', 'inherit', 'overlapped'];
const OPTIONS = [...['cwd', 'detached', 'killSignal', 'serialization', 'signal', 'timeout']];

/**
 * @param {AnyObject} given options
 * @returns {unknown[]} without streams and descriptors, which can be those of other packages
 */
const stdioOf = ({ stdio, silent }) => {
  const usual = silent ? 'pipe' : 'inherit';
  const listed =
    typeof stdio === 'string'
      ? [stdio, stdio, stdio, 'ipc']
      : Array.isArray(stdio)
        ? [...stdio]
        : undefined;
  if (listed === undefined) return [usual, usual, usual, 'ipc'];
  if (listed.filter((each) => each === 'ipc').length !== 1)
    throw codedError(
      'ERR_CHILD_PROCESS_IPC_REQUIRED',
      "Forked processes must have an IPC channel, missing value 'ipc' in options.stdio",
    );
  return listed.map((each, index) => {
    if (each === undefined || each === null) return index < 3 ? 'pipe' : 'ignore';
    if (each === 'ipc' || STREAMS.includes(each) || [0, 1, 2].includes(each)) return each;
    throw codedError(
      'ERR_ACCESS_DENIED',
      `stdio of a forked process may not be ${typeof each === 'object' ? 'a stream' : `'${each}'`}: it can be that of another package`,
    );
  });
};

/**
 * @param {Package} pkg
 * @param {FileTarget} target
 * @param {string} shown
 * @param {unknown[]} args
 * @param {AnyObject} given options
 * @returns {AnyObject}
 */
const forked = (pkg, target, shown, args, given) => {
  const { env, execArgv } = given;
  for (const name of ['uid', 'gid', 'execPath'])
    if (given[name] !== undefined)
      throw codedError('ERR_ACCESS_DENIED', `a forked process may not have another '${name}'`);
  const listed = args.map((arg) => `${arg}`);
  const names = OPTIONS.filter((name) => given[name] !== undefined);
  const more = Object.fromEntries(names.map((name) => [name, given[name]]));
  const variables = variablesFor(pkg, isObject(env) ? env : undefined);
  const real = threadsOf(pkg).fork(beginningOf(pkg, target, variables), {
    args: listed,
    execArgv: execArgvOf(execArgv),
    stdio: stdioOf(given),
    more,
  });
  const load = (/** @type {string} */ name) =>
    /** @type {AnyObject} */ (sharedBuiltin(pkg.application, name));
  return childView(real, load('events'), load('stream'), {
    file: load('process')['execPath'],
    args: [shown, ...listed],
  });
};

/**
 * @param {Package} pkg
 * @param {Function | undefined} rawFork Node's, for a package that may start any program
 * @returns {Function}
 */
export const makeFork = (pkg, rawFork) => {
  const fork = (/** @type {unknown} */ filename, /** @type {unknown[]} */ ...rest) => {
    const args = Array.isArray(rest[0]) ? [...rest[0]] : [];
    const options =
      Array.isArray(rest[0]) || rest[0] === undefined || rest[0] === null ? rest[1] : rest[0];
    if (options !== undefined && options !== null && !isObject(options))
      throw codedTypeError('ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object');
    const { path, shown } = locationOf(pkg, filename);
    const target = startableAt(pkg, path);
    if (target !== undefined) return forked(pkg, target, shown, args, { ...Object(options) });
    if (rawFork !== undefined) return rawFork(filename, ...rest);
    throw notInArchive(pkg, FORK, shown, "fork(new URL('./child.js', import.meta.url))");
  };
  return Object.freeze(fork);
};
