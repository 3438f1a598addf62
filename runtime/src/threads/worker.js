// `Worker` of packages: a thread runs a module of the archive, in compartments of its own and under the same policies.
// https://nodejs.org/api/worker_threads.html#class-worker
import { codedError, codedTypeError } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { makePrivate } from '../replacements/private-state.js';
import { transferIn } from '../replacements/message-channel.js';
import { channels } from '../replacements/replacements.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { readableView, writableView } from '../views/stream-view.js';
import {
  beginningOf,
  moduleNamed,
  notInArchive,
  refusedStart,
  threadsOf,
  variablesFor,
} from './beginnings.js';
import { environmentOf } from './environment-data.js';
import { execArgvOf } from './exec-argv.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { FileTarget, Package } from '../protocols/package.js' */
/** @import { Envelope } from '../protocols/threads.js' */

/** @typedef {new (filename: unknown, options?: object) => any} RawWorker Node's class */

const WORKER = 'worker_threads.Worker';

const LIMITS = [
  'maxYoungGenerationSizeMb',
  'maxOldGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
];

/** @param {unknown} given */
const limitsOf = (given) => {
  if (!isObject(given)) return undefined;
  return Object.fromEntries(
    LIMITS.flatMap((name) => {
      const value = given[name];
      if (typeof value !== 'number') return [];
      // V8 ends the process for others.
      if (value >= 0.5 && value <= 1_000_000) return [[name, value]];
      throw codedError('ERR_OUT_OF_RANGE', `resourceLimits.${name} must be from 0.5 to 1,000,000`);
    }),
  );
};

/**
 * @param {Package} pkg
 * @param {FileTarget} target
 * @param {AnyObject} given options
 * @returns {any} Node's Worker
 */
const startThread = (pkg, target, given) => {
  const { powers } = pkg.application;
  const { pack } = channels(powers);
  const { argv, execArgv, env, name, resourceLimits, transferList, workerData } = given;
  const threads = threadsOf(pkg);
  // SHARE_ENV gives a copy: Node reads NODE_OPTIONS from a shared environment, and any thread can set it at any time.
  const variables = variablesFor(pkg, env);
  const options = {
    argv: argv === undefined || argv === null ? [] : [...argv].map((arg) => `${arg}`),
    execArgv: execArgvOf(execArgv),
    stdin: Boolean(given['stdin']),
    stdout: Boolean(given['stdout']),
    stderr: Boolean(given['stderr']),
    resourceLimits: limitsOf(resourceLimits),
    trackUnmanagedFds: given['trackUnmanagedFds'] !== false,
    ...(typeof name === 'string' && { name }),
  };
  const data = pack(workerData, transferList === undefined ? [] : [...transferList]);
  const environmentData = pack(environmentOf(pkg.application), []).envelope;
  const beginning = {
    ...beginningOf(pkg, target, variables),
    given: { workerData: data.envelope, environmentData },
  };
  return threads.start(beginning, options, data.transfer);
};

/**
 * @typedef {object} State
 * @property {any} real Node's Worker
 * @property {boolean} isRaw whether it runs code outside of the archive
 * @property {boolean} ended
 * @property {AnyObject | null} stdin
 * @property {AnyObject | null} stdout
 * @property {AnyObject | null} stderr
 */

/** @param {unknown} filename */
const checkPath = (filename) => {
  if (typeof filename !== 'string' || /^(?:\/|\.{1,2}[/\\])/.test(filename)) return;
  const remedy = filename.startsWith('file:') ? 'Wrap file:// URLs with `new URL`. ' : '';
  throw codedTypeError(
    'ERR_WORKER_PATH',
    "The worker script or module filename must be an absolute path or a relative path starting with './' or '../'. " +
      `${remedy}Received "${filename}"`,
  );
};

/**
 * @param {Package} pkg
 * @param {RawWorker | undefined} Raw Node's class, for a package that may run any code in threads
 * @param {unknown} filename
 * @param {AnyObject} given
 * @returns {Pick<State, 'real' | 'isRaw'>}
 */
const started = (pkg, Raw, filename, given) => {
  if (given['eval']) {
    if (Raw === undefined)
      throw refusedStart(
        pkg,
        WORKER,
        'source text',
        'only modules of the archive run in its threads',
      );
    return { real: new Raw(filename, given), isRaw: true };
  }
  checkPath(filename);
  const { target, shown } = moduleNamed(pkg, filename);
  if (target !== undefined) return { real: startThread(pkg, target, given), isRaw: false };
  if (Raw !== undefined) return { real: new Raw(filename, given), isRaw: true };
  const example = "new Worker(new URL('./worker.js', import.meta.url))";
  throw notInArchive(pkg, WORKER, shown, example);
};

/**
 * @param {Package} pkg
 * @param {RawWorker | undefined} Raw
 * @returns {Function}
 */
export const makeWorkerClass = (pkg, Raw) => {
  const { application } = pkg;
  const { EventEmitter } = /** @type {any} */ (sharedBuiltin(application, 'events'));
  const stream = /** @type {AnyObject} */ (sharedBuiltin(application, 'stream'));
  /** @type {ReturnType<typeof makePrivate<State>>} */
  const { store, of: stateOf } = makePrivate();

  /**
   * @param {any} worker
   * @param {State} state
   */
  const listen = (worker, state) => {
    const { real, isRaw } = state;
    real.on('exit', () => void (state.ended = true));
    const { opened } = channels(application.powers);
    real.on('message', (/** @type {Envelope} */ message) => {
      if (isRaw) worker.emit('message', message);
      else worker.emit(...opened(message));
    });
    for (const event of ['online', 'error', 'messageerror', 'exit'])
      real.on(event, (/** @type {unknown[]} */ ...args) => worker.emit(event, ...args));
  };

  class Worker extends EventEmitter {
    /**
     * @param {unknown} filename
     * @param {AnyObject} [options]
     */
    constructor(filename, options = {}) {
      super();
      const given = isObject(options) ? { ...options } : {};
      const { real, isRaw } = started(pkg, Raw, filename, given);
      const state = {
        real,
        isRaw,
        ended: false,
        stdin: writableView(real.stdin, stream),
        stdout: given['stdout'] ? readableView(real.stdout, stream) : null,
        stderr: given['stderr'] ? readableView(real.stderr, stream) : null,
      };
      store(this, state);
      listen(this, state);
    }

    /**
     * @param {unknown} message
     * @param {any} [options] a list, or an object with one
     */
    postMessage(message, options) {
      const { real, isRaw, ended } = stateOf(this);
      if (ended) return;
      if (isRaw) return void real.postMessage(message, options);
      const { envelope, transfer } = channels(application.powers).pack(
        message,
        transferIn(options),
      );
      real.postMessage(envelope, transfer);
    }

    /** @returns {Promise<number>} */
    async terminate() {
      return stateOf(this).real.terminate();
    }

    ref() {
      stateOf(this).real.ref();
    }

    unref() {
      stateOf(this).real.unref();
    }

    async [Symbol.asyncDispose ?? Symbol.for('asyncDispose')]() {
      await stateOf(this).real.terminate();
    }

    get threadId() {
      return stateOf(this).real.threadId;
    }

    get threadName() {
      return stateOf(this).real.threadName;
    }

    get resourceLimits() {
      return { ...stateOf(this).real.resourceLimits };
    }

    get stdin() {
      return stateOf(this).stdin;
    }

    get stdout() {
      return stateOf(this).stdout;
    }

    get stderr() {
      return stateOf(this).stderr;
    }

    get performance() {
      const { real } = stateOf(this);
      const eventLoopUtilization = (/** @type {unknown[]} */ ...args) =>
        real.performance.eventLoopUtilization(...args);
      return { eventLoopUtilization };
    }

    /** @returns {Promise<never>} a snapshot has the objects of all packages */
    async getHeapSnapshot() {
      throw codedError(
        'ERR_ACCESS_DENIED',
        'a heap snapshot has the objects of all packages in the thread',
      );
    }
  }
  return hardenHost(Worker);
};
