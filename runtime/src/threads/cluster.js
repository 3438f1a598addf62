// `cluster` of packages: its workers are child processes that run modules of the archive. Node's workers lead to
// ChildProcess, which starts programs, so packages get views of them. https://nodejs.org/api/cluster.html
import { isObject } from '../base/objects.js';
import { entryFilename } from '../resolve/resolve.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { childView } from '../views/child-view.js';
import { sentMessage, sentSignal } from '../views/sent-message.js';
import { defineOwn } from '../views/view.js';
import {
  beginningOf,
  messagesBy,
  moduleNamed,
  notInArchive,
  serializationOf,
  threadsOf,
  variablesFor,
} from './beginnings.js';
import { execArgvOf } from './exec-argv.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package } from '../protocols/package.js' */

const FORK = 'cluster.fork';
const EVENTS = ['online', 'listening', 'disconnect', 'exit'];
const SETTINGS = ['exec', 'args', 'silent', 'cwd', 'execArgv', 'serialization'];

/**
 * @param {any} EventEmitter
 * @param {any} real Node's worker
 * @param {AnyObject} child its process, as the package sees it
 * @returns {any}
 */
const workerView = (EventEmitter, real, child) => {
  const worker = new EventEmitter();
  const members = {
    id: real.id,
    process: child,
    send: (/** @type {unknown[]} */ ...args) => child['send'](...args),
    disconnect: () => (real.disconnect(), worker),
    kill: (/** @type {unknown} */ signal) => real.kill(sentSignal(signal)),
    destroy: (/** @type {unknown} */ signal) => real.kill(sentSignal(signal)),
    isDead: () => real.isDead(),
    isConnected: () => real.isConnected(),
  };
  for (const [name, value] of Object.entries(members)) defineOwn(worker, name, value);
  for (const name of ['exitedAfterDisconnect', 'state'])
    Object.defineProperty(worker, name, { get: () => real[name], configurable: true });
  return worker;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} settings
 * @param {unknown} env
 * @returns {any} Node's worker
 */
const startWorker = (pkg, settings, env) => {
  const { exec = entryFilename(pkg.application), args, execArgv, silent, cwd } = settings;
  const { target, shown } = moduleNamed(pkg, exec);
  if (target === undefined)
    throw notInArchive(
      pkg,
      FORK,
      shown,
      "cluster.setupPrimary({ exec: require.resolve('./worker') })",
    );
  const variables = variablesFor(pkg, env, { adds: true });
  const usual = silent ? 'pipe' : 'inherit';
  const serialization = serializationOf(settings['serialization']);
  return threadsOf(pkg).cluster(beginningOf(pkg, target, variables, serialization), {
    args: [
      .../** @type {Iterable<unknown>} */ (
        args ?? pkg.application.powers.globals['process'].argv.slice(2)
      ),
    ].map((arg) => `${arg}`),
    execArgv: execArgvOf(execArgv),
    stdio: ['ignore', usual, usual, 'ipc'],
    more: { serialization, ...(typeof cwd === 'string' && { cwd }) },
  });
};

/** @type {WeakMap<Package, AnyObject>} */
const clusters = new WeakMap();

/**
 * @param {Package} pkg
 * @param {(() => unknown) | undefined} [deny] called by functions that start workers; undefined: they are granted
 * @returns {AnyObject} the same for each call
 */
export const clusterFor = (pkg, deny) => {
  const cluster = clusters.get(pkg) ?? makeCluster(pkg, deny);
  clusters.set(pkg, cluster);
  return cluster;
};

/**
 * @param {Package} pkg
 * @param {(() => unknown) | undefined} deny
 * @returns {AnyObject}
 */
const makeCluster = (pkg, deny) => {
  const { application } = pkg;
  const real = /** @type {any} */ (application.powers.getBuiltin('cluster'));
  const load = (/** @type {string} */ name) =>
    /** @type {AnyObject} */ (sharedBuiltin(application, name));
  const { EventEmitter } = load('events');
  const cluster = new EventEmitter();
  /** @type {AnyObject} */
  const settings = {};
  /** @type {Record<string, any>} */
  const workers = {};
  const setup = (/** @type {unknown} */ given) => {
    deny?.();
    for (const name of SETTINGS)
      if (isObject(given) && given[name] !== undefined) settings[name] = given[name];
    cluster.emit('setup', settings);
  };
  const fork = (/** @type {unknown} */ env) => {
    deny?.();
    const worker = startWorker(pkg, settings, env);
    const command = { file: load('process')['execPath'], args: [] };
    const child = childView(worker.process, load('events'), load('stream'), command, {
      checkSignal: sentSignal,
      ...messagesBy(pkg, serializationOf(settings['serialization'])),
    });
    const view = workerView(EventEmitter, worker, child);
    workers[worker.id] = view;
    for (const event of EVENTS)
      worker.on(event, (/** @type {unknown[]} */ ...args) => {
        if (event === 'exit') delete workers[worker.id];
        view.emit(event, ...args);
        cluster.emit(event, view, ...args);
      });
    worker.on('message', (/** @type {unknown} */ message) => {
      view.emit('message', message);
      cluster.emit('message', view, message);
    });
    worker.on('error', (/** @type {unknown} */ error) => view.emit('error', error));
    cluster.emit('fork', view);
    return view;
  };
  const disconnect = (/** @type {unknown} */ done) => {
    const open = Object.values(workers);
    let left = open.length;
    const each = () => (left -= 1) <= 0 && typeof done === 'function' && done();
    if (left === 0) queueMicrotask(each);
    for (const worker of open) {
      worker.once('disconnect', each);
      worker.disconnect();
    }
  };
  const { isPrimary, isWorker, SCHED_NONE, SCHED_RR } = real;
  const state = {
    isMaster: isPrimary,
    isPrimary,
    isWorker,
    SCHED_NONE,
    SCHED_RR,
    settings,
    workers,
  };
  const makers = {
    fork,
    setupPrimary: setup,
    setupMaster: setup,
    disconnect,
    Worker: function Worker() {},
  };
  for (const [name, value] of Object.entries({ ...state, ...makers }))
    defineOwn(cluster, name, value);
  Object.defineProperty(cluster, 'schedulingPolicy', {
    get: () => real.schedulingPolicy,
    set: (policy) => void (deny === undefined && (real.schedulingPolicy = policy)),
    enumerable: true,
    configurable: true,
  });
  if (isWorker) defineOwn(cluster, 'worker', ownWorker(pkg, EventEmitter, real.worker));
  return cluster;
};

/**
 * @param {Package} pkg
 * @param {any} EventEmitter
 * @param {any} real the worker that this process is
 * @returns {any}
 */
const ownWorker = (pkg, EventEmitter, real) => {
  const { serialization = 'json' } = threadsOf(pkg).current ?? {};
  const { copyOf } = messagesBy(pkg, serialization);
  const send = (/** @type {unknown} */ message, /** @type {unknown[]} */ ...rest) =>
    real.send(sentMessage(message, copyOf), ...rest.filter((each) => typeof each === 'function'));
  const worker = workerView(EventEmitter, real, { pid: real.process.pid, send });
  real.on('message', (/** @type {unknown} */ message) =>
    worker.emit('message', copyOf && isObject(message) ? copyOf(message) : message),
  );
  real.on('disconnect', () => worker.emit('disconnect'));
  return worker;
};
