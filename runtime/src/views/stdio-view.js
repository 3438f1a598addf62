// Standard streams of one compartment: separate streams over those of the process, so that packages can't reach the
// host's sockets, terminals and handles, or the listeners of other packages.
import { defineOwn, frozenAccessor } from './view.js';
import { makeEmitter } from './emitter-view.js';
import { isDenied, memberOf } from '../policy/policy.js';

/** @import { Granted } from '../policy/policy.js' */
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {'stdin' | 'stdout' | 'stderr'} StdioName
 *
 * @typedef {object} StdioOptions
 * @property {() => AnyObject} real
 * @property {Granted} granted
 * @property {(member: string) => Error} deny
 * @property {AnyObject} stream the builtin, hardened
 */

const STATUS = ['isTTY', 'columns', 'rows', 'fd', 'isRaw', 'bytesWritten', '_type', '_isStdio'];
const OUTPUT_STATE = ['writableNeedDrain', 'writableLength', 'writableHighWaterMark'];
const TERMINAL = [
  ...['getColorDepth', 'hasColors', 'getWindowSize', 'cursorTo', 'moveCursor', 'clearLine'],
  ...['clearScreenDown', 'setRawMode', 'ref', 'unref'],
];

/** Events that are forwarded from the process's stream immediately: none carries data of the stream. */
const HEARD = ['resize', 'drain', 'error'];

/**
 * @param {AnyObject} view
 * @param {string} name
 * @param {Function} method
 */
const addMethod = (view, name, method) => {
  Object.defineProperty(method, 'name', { value: name });
  defineOwn(view, name, Object.freeze(method), false);
};

/**
 * @param {AnyObject} view
 * @param {StdioOptions} options
 */
const addTerminal = (view, { real, granted }) => {
  const may = (/** @type {string} */ name) => !isDenied(memberOf(granted, name)) && name in real();
  for (const name of STATUS.filter(may)) {
    const read = () => real()[name];
    Object.defineProperty(
      view,
      name,
      frozenAccessor(read, (own) => defineOwn(view, name, own)),
    );
  }
  for (const name of TERMINAL.filter(may)) {
    addMethod(view, name, (/** @type {unknown[]} */ ...args) => {
      const result = real()[name](...args);
      return result === real() ? view : result;
    });
  }
};

/**
 * Tracks piped streams, because Node's `pipe` exempts the process's own streams from `end`, but not this one.
 *
 * @param {AnyObject} view
 * @param {AnyObject} EventEmitter
 * @returns {() => boolean} whether a piped stream has ended; it is unpiped then
 */
const noticePipes = (view, EventEmitter) => {
  /** @type {Set<AnyObject>} */
  const sources = new Set();
  addMethod(view, 'emit', (/** @type {unknown[]} */ ...args) => {
    const [event, source] = /** @type {[unknown, AnyObject]} */ (args);
    if (event === 'pipe') sources.add(source);
    if (event === 'unpipe') sources.delete(source);
    return Reflect.apply(EventEmitter.prototype.emit, view, args);
  });
  return () => {
    for (const source of sources) {
      if (!source['readableEnded']) continue;
      source['unpipe'](view);
      return true;
    }
    return false;
  };
};

/**
 * @param {AnyObject} view
 * @param {StdioOptions} options
 */
const addWriting = (view, options) => {
  const { real, granted, deny } = options;
  const mayWrite = !isDenied(memberOf(granted, 'write'));
  addMethod(view, 'write', (/** @type {unknown[]} */ ...args) => {
    if (!mayWrite) throw deny('write');
    return real()['write'](...args);
  });
  const pipeEnded = noticePipes(view, options.stream['EventEmitter']);
  // Like the process's own stream, it stays open after `end`, because other packages write to it too.
  addMethod(view, 'end', (/** @type {unknown[]} */ ...args) => {
    if (args.length === 0 && pipeEnded()) return view;
    const done = args.find((arg) => typeof arg === 'function');
    const [chunk, encoding] = args.filter((arg) => typeof arg !== 'function');
    if (chunk !== undefined && chunk !== null) view['write'](chunk, encoding);
    const finish = () => {
      view['emit']('finish');
      if (typeof done === 'function') done();
    };
    if (mayWrite) real()['write']('', finish);
    else queueMicrotask(finish);
    return view;
  });
  for (const name of ['cork', 'uncork']) addMethod(view, name, () => undefined);
  addMethod(view, 'destroy', (/** @type {unknown} */ error) => {
    if (error) queueMicrotask(() => view['emit']('error', error));
    return view;
  });
  for (const name of OUTPUT_STATE) {
    const get = Object.freeze(() => real()[name]);
    Object.defineProperty(view, name, { get, configurable: true });
  }
};

/**
 * @param {StdioOptions} options
 * @returns {AnyObject} a Writable; chunks are forwarded at once, which keeps the order of all writes to the process's
 *   stream
 */
const makeOutput = (options) => {
  const { real, stream } = options;
  /** @type {AnyObject} */
  const view = new stream['Writable']({
    ...{ decodeStrings: false, emitClose: false, autoDestroy: false },
    /** @type {(chunk: unknown, encoding: string, done: Function) => void} */
    write: (chunk, encoding, done) => void view['write'](chunk, encoding, done),
  });
  const isHeard = (/** @type {unknown} */ event) => HEARD.includes(/** @type {string} */ (event));
  const toView = (/** @type {unknown} */ value) => value;
  makeEmitter({ view, real, EventEmitter: stream['EventEmitter'], isHeard, toView });
  addWriting(view, options);
  addTerminal(view, options);
  return view;
};

/**
 * @param {StdioOptions} options
 * @returns {AnyObject} a Readable that reads on demand
 */
const makeInput = (options) => {
  const { real, stream } = options;
  const { Readable } = stream;
  let started = false;
  const onData = (/** @type {unknown} */ chunk) => {
    if (!view['push'](chunk)) real()['pause']();
  };
  const onEnd = () => view['push'](null);
  const onError = (/** @type {unknown} */ error) => view['destroy'](error);
  const start = () => {
    if (started) return;
    started = true;
    if (real()['readableEnded']) onEnd();
    else real()['on']('data', onData)['on']('end', onEnd)['on']('error', onError);
  };
  const stop = () => {
    if (!started) return;
    real()['off']('data', onData)['off']('end', onEnd)['off']('error', onError);
    real()['pause']();
  };
  /** @type {AnyObject} */
  const view = new Readable({
    read() {
      start();
      real()['resume']();
    },
    /** @type {(error: unknown, done: Function) => void} */
    destroy(error, done) {
      stop();
      done(error);
    },
  });
  for (const name of ['pause', 'resume']) {
    addMethod(view, name, () => {
      Reflect.apply(Readable.prototype[name], view, []);
      if (started) real()[name]();
      return view;
    });
  }
  addTerminal(view, options);
  return view;
};

/**
 * @param {StdioName} name
 * @param {StdioOptions} options
 * @returns {AnyObject} a stream; a plain object if only status members are granted
 */
export const makeStdio = (name, options) => {
  const { granted } = options;
  const wanted = [...granted.members].flatMap(([member, inner]) => (isDenied(inner) ? [] : member));
  const isStatus = wanted.every((member) => STATUS.includes(member) || TERMINAL.includes(member));
  if (!granted.whole && isStatus) {
    const view = {};
    addTerminal(view, options);
    return view;
  }
  return name === 'stdin' ? makeInput(options) : makeOutput(options);
};
