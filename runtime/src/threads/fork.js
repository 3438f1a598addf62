// `child_process.fork` of packages, and `spawn` and `execFile` of Node itself: a child process runs a module of the
// archive, under the same policies.
// https://nodejs.org/api/child_process.html#child_processforkmodulepath-args-options
import { codedError, codedTypeError } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { childView, withPromises } from '../views/child-view.js';
import { sentSignal } from '../views/sent-message.js';
import {
  beginningOf,
  messagesBy,
  moduleNamed,
  notInArchive,
  serializationOf,
  threadsOf,
  variablesFor,
} from './beginnings.js';
import { execArgvOf, isRefused } from './exec-argv.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { FileTarget, Package } from '../protocols/package.js' */

const FORK = 'child_process.fork';
const STREAMS = ['pipe', 'ignore', 'inherit', 'overlapped'];
const OPTIONS = ['cwd', 'detached', 'signal', 'timeout'];
/** Options with which a child would have other rights, or run another program. */
const REFUSED = ['uid', 'gid', 'execPath', 'argv0', 'shell'];

/**
 * @param {unknown} stdio
 * @param {unknown[]} usual
 * @returns {unknown[]} without streams and descriptors, which can be those of other packages
 */
export const stdioOf = (stdio, usual) => {
  const listed =
    stdio === undefined || stdio === null
      ? [...usual]
      : Array.isArray(stdio)
        ? [...stdio]
        : [stdio, stdio, stdio, ...usual.slice(3)];
  // The next descriptor is that of the archive.
  while (listed.length < 3) listed.push('pipe');
  return listed.map((each, index) => {
    if (each === undefined || each === null) return index < 3 ? 'pipe' : 'ignore';
    if (each === 'inherit' && index > 2) return 'ignore'; // a descriptor that nobody named
    if (each === 'ipc' || STREAMS.includes(each) || [0, 1, 2].includes(each)) return each;
    throw codedError(
      'ERR_ACCESS_DENIED',
      `stdio of a child may not be ${typeof each === 'object' ? 'a stream' : `'${each}'`}: it can be that of another package`,
    );
  });
};

/** @param {AnyObject} given options of a child that runs a module */
export const checkOptions = (given) => {
  for (const name of REFUSED)
    if (given[name] !== undefined && given[name] !== false)
      throw codedError('ERR_ACCESS_DENIED', `a child that runs a module may not have '${name}'`);
};

/** @param {unknown[]} stdio */
const withChannel = (stdio) => {
  if (stdio.filter((each) => each === 'ipc').length === 1) return stdio;
  throw codedError(
    'ERR_CHILD_PROCESS_IPC_REQUIRED',
    "Forked processes must have an IPC channel, missing value 'ipc' in options.stdio",
  );
};

/**
 * @typedef {object} Requested
 * @property {FileTarget} target
 * @property {string} shown its path as the package named it
 * @property {string[]} args
 * @property {unknown} execArgv
 * @property {unknown[]} stdio
 * @property {AnyObject} given options
 */

/**
 * @param {Package} pkg
 * @param {Requested} requested
 * @returns {AnyObject} the child as the package sees it
 */
const started = (pkg, { target, shown, args, execArgv, stdio, given }) => {
  checkOptions(given);
  const names = OPTIONS.filter((name) => given[name] !== undefined);
  const { env } = given;
  const variables = variablesFor(pkg, env);
  const serialization = serializationOf(given['serialization']);
  const real = threadsOf(pkg).fork(beginningOf(pkg, target, variables, serialization), {
    args,
    execArgv: execArgvOf(execArgv),
    stdio,
    more: {
      serialization,
      ...Object.fromEntries(names.map((name) => [name, given[name]])),
      ...(given['killSignal'] !== undefined && { killSignal: sentSignal(given['killSignal']) }),
    },
  });
  const load = (/** @type {string} */ name) =>
    /** @type {AnyObject} */ (sharedBuiltin(pkg.application, name));
  const { execPath } = load('process');
  const command = { file: execPath, args: [shown, ...args] };
  return childView(real, load('events'), load('stream'), command, {
    checkSignal: sentSignal,
    ...messagesBy(pkg, serialization),
  });
};

/**
 * @param {unknown[]} rest of `spawn(file, args?, options?)`
 * @returns {{ args: string[], given: AnyObject }}
 */
export const partsOf = ([first, second]) => {
  const hasArgs = Array.isArray(first) || first === undefined || first === null;
  const options = hasArgs ? second : first;
  if (options !== undefined && options !== null && !isObject(options))
    throw codedTypeError('ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object');
  const args = Array.isArray(first) ? [...first].map((arg) => `${arg}`) : [];
  return { args, given: { ...Object(options) } };
};

/**
 * @param {Package} pkg
 * @param {Function | undefined} raw Node's, for a package that may start any program
 * @returns {Function}
 */
export const makeFork = (pkg, raw) => {
  const fork = (/** @type {unknown} */ filename, /** @type {unknown[]} */ ...rest) => {
    const { args, given } = partsOf(rest);
    const { target, shown } = moduleNamed(pkg, filename);
    if (target === undefined) {
      if (raw !== undefined) return raw(filename, ...rest);
      throw notInArchive(pkg, FORK, shown, "fork(new URL('./child.js', import.meta.url))");
    }
    const { execArgv, silent } = given;
    const usual = silent ? 'pipe' : 'inherit';
    const stdio = withChannel(stdioOf(given['stdio'], [usual, usual, usual, 'ipc']));
    return started(pkg, { target, shown, args, execArgv, stdio, given });
  };
  return Object.freeze(fork);
};

/**
 * The arguments of another program are left to Node, which reads them once.
 *
 * @param {Package} pkg
 * @param {unknown} program
 * @returns {boolean} whether it is Node itself
 */
export const startsNode = ({ application }, program) =>
  program === application.powers.globals['process'].execPath || program === 'node';

/**
 * @param {Package} pkg
 * @param {unknown} program
 * @param {string[]} args
 * @returns {Pick<Requested, 'target' | 'shown' | 'args' | 'execArgv'> | undefined} undefined: it does not run Node with
 *   a module of the archive
 */
export const moduleOf = (pkg, program, args) => {
  if (!startsNode(pkg, program)) return undefined;
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const options = args.slice(0, Math.max(0, at));
  if (at < 0 || options.some(isRefused)) return undefined;
  const { target, shown } = moduleNamed(pkg, args[at]);
  return target && { target, shown, args: args.slice(at + 1), execArgv: options };
};

/**
 * @param {Package} pkg
 * @param {Function | undefined} raw
 * @returns {Function}
 */
export const makeSpawn = (pkg, raw) => {
  const spawn = (/** @type {unknown} */ program, /** @type {unknown[]} */ ...rest) => {
    if (raw !== undefined && !startsNode(pkg, program)) return raw(program, ...rest);
    const { args, given } = partsOf(rest);
    const found = moduleOf(pkg, program, args);
    if (found !== undefined) {
      const stdio = stdioOf(given['stdio'], ['pipe', 'pipe', 'pipe']);
      return started(pkg, { ...found, stdio, given });
    }
    if (raw !== undefined) return raw(program, ...rest);
    const command = [program, ...args].join(' ');
    throw notInArchive(pkg, FORK, command, "spawn(process.execPath, [require.resolve('./child')])");
  };
  return Object.freeze(spawn);
};

const MOST_OUTPUT = 1024 * 1024;

/**
 * @param {any} child
 * @param {AnyObject} given options
 * @param {string} command
 * @param {(error: Error | null, stdout: unknown, stderr: unknown) => void} done
 */
const collect = (child, { encoding = 'utf8', maxBuffer = MOST_OUTPUT }, command, done) => {
  /** @type {{ stdout: Uint8Array[], stderr: Uint8Array[] }} */
  const chunks = { stdout: [], stderr: [] };
  /** @type {Error | undefined} */
  let failure;
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    let size = 0;
    child[name]?.on('data', (/** @type {Uint8Array} */ chunk) => {
      size += chunk.length;
      if (size <= maxBuffer) return void chunks[name].push(chunk);
      failure ??= Object.assign(new RangeError(`${name} maxBuffer length exceeded`), {
        code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER',
      });
      child.kill();
    });
  }
  const isText = typeof encoding === 'string' && encoding !== 'buffer';
  const joined = (/** @type {Uint8Array[]} */ list) =>
    isText ? Buffer.concat(list).toString(/** @type {any} */ (encoding)) : Buffer.concat(list);
  child.on('error', (/** @type {any} */ error) => (failure ??= error));
  child.on('close', (/** @type {number | null} */ code, /** @type {string | null} */ signal) => {
    const [stdout, stderr] = [joined(chunks.stdout), joined(chunks.stderr)];
    if (failure === undefined && (code !== 0 || signal !== null))
      failure = Object.assign(new Error(`Command failed: ${command}\n${stderr}`), { code });
    if (failure) Object.assign(failure, { killed: child.killed, signal, cmd: command });
    done(failure ?? null, stdout, stderr);
  });
};

/**
 * @param {Package} pkg
 * @param {Function | undefined} raw
 * @param {Function} spawn of the package
 * @returns {Function}
 */
export const makeExecFile = (pkg, raw, spawn) => {
  const execFile = (/** @type {unknown} */ program, /** @type {unknown[]} */ ...rest) => {
    if (raw !== undefined && !startsNode(pkg, program)) return raw(program, ...rest);
    const last = rest.at(-1);
    const done = typeof last === 'function' ? last : undefined;
    const { args, given } = partsOf(done === undefined ? rest : rest.slice(0, -1));
    if (raw !== undefined && moduleOf(pkg, program, args) === undefined)
      return raw(program, ...rest);
    const child = spawn(program, args, { ...given, stdio: 'pipe' });
    const command = [program, ...args].join(' ');
    collect(child, given, command, (...results) => void done?.(...results));
    return child;
  };
  withPromises(execFile);
  return Object.freeze(execFile);
};
