// A child process as a package sees it.
import { codedError } from '../base/errors.js';
import { sentMessage } from './sent-message.js';
import { readableView, writableView } from './stream-view.js';
import { defineOwn, frozenAccessor } from './view.js';

/** @import { AnyObject } from '../base/objects.js' */

const EVENTS = ['spawn', 'exit', 'error', 'disconnect'];

/**
 * @param {any} child
 * @param {AnyObject} real with an IPC channel. Handles are not sent: they can be those of other packages
 * @param {((message: object) => unknown) | undefined} copyOf of messages; undefined: they are JSON
 */
const addMessages = (child, real, copyOf) => {
  const send = (/** @type {unknown} */ message, /** @type {unknown[]} */ ...rest) => {
    const done = rest.find((each) => typeof each === 'function');
    const handle = rest[0];
    if (handle !== undefined && handle !== null && handle !== done)
      throw codedError('ERR_INVALID_HANDLE_TYPE', 'This handle type cannot be sent');
    return real['send'](sentMessage(message, copyOf), ...(done === undefined ? [] : [done]));
  };
  const members = { send, disconnect: () => real['disconnect']() };
  for (const [name, value] of Object.entries(members)) defineOwn(child, name, value, false);
  const channel = { ref: () => real['channel']?.ref(), unref: () => real['channel']?.unref() };
  Object.defineProperty(child, 'channel', {
    get: () => (real['connected'] ? channel : null),
    enumerable: true,
    configurable: true,
  });
  real['on']('message', (/** @type {unknown} */ message) => child.emit('message', message));
};

/**
 * The real object can start other programs, and its streams are sockets: the package gets another one.
 *
 * @param {AnyObject} real
 * @param {AnyObject} events the builtin
 * @param {AnyObject} stream the builtin
 * @param {{ file: string, args: string[] }} shown what it runs, as the package named it
 * @param {object} [channel]
 * @param {(signal: unknown) => unknown} [channel.checkSignal] throws for a signal that it may not get
 * @param {(message: object) => unknown} [channel.copyOf] copies messages; undefined: they are JSON
 * @returns {AnyObject}
 */
export const childView = (
  real,
  { EventEmitter },
  stream,
  { args, file },
  { checkSignal = (signal) => signal, copyOf } = {},
) => {
  const child = new EventEmitter();
  const [stdin, stdout, stderr] = [
    writableView(real['stdin'], stream),
    readableView(real['stdout'], stream),
    readableView(real['stderr'], stream),
  ];
  const values = {
    stdin,
    stdout,
    stderr,
    stdio: [stdin, stdout, stderr],
    spawnfile: file,
    spawnargs: [file, ...args],
  };
  for (const [name, value] of Object.entries(values)) defineOwn(child, name, value);
  for (const name of ['pid', 'killed', 'exitCode', 'signalCode', 'connected'])
    Object.defineProperty(
      child,
      name,
      frozenAccessor(
        () => real[name],
        (own) => defineOwn(child, name, own),
      ),
    );
  Object.defineProperty(child, 'kill', {
    value: (/** @type {unknown} */ signal) => real['kill'](checkSignal(signal)),
    configurable: true,
  });
  for (const name of ['ref', 'unref'])
    Object.defineProperty(child, name, {
      value: (/** @type {unknown[]} */ ...given) => real[name](...given),
      configurable: true,
    });
  for (const event of EVENTS)
    real['on'](event, (/** @type {unknown[]} */ ...given) => {
      // An 'error' without a listener is thrown, as for the real object.
      child.emit(event, ...given);
    });
  if (real['channel']) addMessages(child, real, copyOf);
  real['on']('close', (/** @type {unknown[]} */ ...given) => {
    // The package reads its streams to their end first; those that it does not read end by themselves, as in Node.
    for (const each of [stdout, stderr])
      if (each !== null && each.readableFlowing === null && each.listenerCount('readable') === 0)
        each.resume();
    const open = [stdout, stderr].flatMap((each) =>
      each === null || each['readableEnded'] || each['destroyed'] ? [] : [each],
    );
    let left = open.length;
    if (left === 0) return void child.emit('close', ...given);
    for (const each of open)
      each.once('close', () => (left -= 1) === 0 && child.emit('close', ...given));
  });
  return child;
};

/**
 * Defines what util.promisify returns for a function like `execFile`.
 *
 * @param {(...args: any[]) => AnyObject} execFile takes a callback, and returns the child
 */
export const withPromises = (execFile) => {
  const promised = (/** @type {unknown[]} */ ...args) => {
    /** @type {AnyObject | undefined} */
    let child;
    const promise = new Promise((resolve, reject) => {
      child = execFile(
        ...args,
        (/** @type {any} */ error, /** @type {unknown} */ stdout, /** @type {unknown} */ stderr) =>
          error ? reject(Object.assign(error, { stdout, stderr })) : resolve({ stdout, stderr }),
      );
    });
    return Object.assign(promise, { child });
  };
  Object.defineProperty(execFile, Symbol.for('nodejs.util.promisify.custom'), { value: promised });
};
