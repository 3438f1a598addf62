// Endowments of evaluated code: the language, pure host globals, a console and the tools. No clock, no randomness, no
// shared memory and no observable garbage collection, unless endowed.
import { formatWithOptions, inspect } from 'node:util';
import { makeComputing } from './computing.js';

/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Endowments
 * @property {boolean} clock
 * @property {boolean} random
 *
 * @typedef {object} Timers
 * @property {Record<string, Function>} functions
 * @property {() => void} clear cancels all pending timers
 */

/** @type {any} */
const start = globalThis;

// A counter in shared memory is a clock, and garbage collection reveals the activity of other evaluations.
const NOT_GIVEN = new Set([
  ...['Intl', 'Atomics', 'SharedArrayBuffer', 'WeakRef', 'FinalizationRegistry'],
]);

/**
 * @param {object} globalThis
 * @param {string} name
 * @param {unknown} value
 * @param {boolean} [writable]
 */
export const define = (globalThis, name, value, writable = true) => {
  Object.defineProperty(globalThis, name, {
    value,
    writable,
    enumerable: false,
    configurable: writable,
  });
};

/**
 * Intl.DateTimeFormat is a clock: without a date argument it formats the current time.
 *
 * @param {Record<string, any>} language
 */
const timelessIntl = ({ Intl }) => {
  const { DateTimeFormat: _clock, ...intl } = Object.getOwnPropertyDescriptors(Intl);
  return harden(Object.create(Object.prototype, intl));
};

/**
 * @param {Powers} powers
 * @returns {(globalThis: object, endowments: Endowments) => void}
 */
export const makeGlobals = (powers) => {
  const { language, globals } = powers;
  const pure = Object.entries(language).filter(([name]) => !NOT_GIVEN.has(name));
  const computing = makeComputing(powers);
  const shared = Object.create(null);
  for (const [name, value] of [...pure, ...computing]) define(shared, name, value);
  // It takes less time to define them at once.
  const descriptors = Object.getOwnPropertyDescriptors(shared);
  const intl = timelessIntl(/** @type {any} */ (language));
  const { performance, crypto } = globals;
  const clock = harden({ now: () => performance.now() });
  const randomness = harden({
    getRandomValues: (/** @type {any} */ array) => crypto.getRandomValues(array),
    randomUUID: () => crypto.randomUUID(),
  });
  return (globalThis, endowments) => {
    Object.defineProperties(globalThis, descriptors);
    define(globalThis, 'Intl', endowments.clock ? language['Intl'] : intl);
    if (endowments.clock) {
      define(globalThis, 'Date', start.Date);
      define(globalThis, 'performance', clock);
    }
    if (endowments.random) {
      define(globalThis, 'Math', start.Math);
      define(globalThis, 'crypto', randomness);
    }
  };
};

const SHOWN = {
  ...{ customInspect: false, colors: false, depth: 4 },
  ...{ maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 },
};

/**
 * @param {unknown} value
 * @returns {string}
 */
export const shown = (value) => {
  try {
    return typeof value === 'string' ? value : inspect(value, SHOWN);
  } catch {
    return '[value that can not be printed]'; // a trap of the program threw
  }
};

const LEVELS = ['log', 'info', 'debug', 'warn', 'error', 'trace'];

/**
 * The methods of https://console.spec.whatwg.org that print lines; those that measure time are omitted.
 *
 * @param {(level: string, text: string) => void} write
 * @returns {Record<string, Function>} hardened
 */
export const makeConsole = (write) => {
  let indent = '';
  const print = (/** @type {string} */ level, /** @type {unknown[]} */ args) => {
    const text = formatWithOptions(SHOWN, ...args);
    write(level, indent + text.replaceAll('\n', `\n${indent}`));
  };
  /** @type {Record<string, Function>} */
  const console = {};
  for (const level of LEVELS)
    console[level] = (/** @type {unknown[]} */ ...args) => print(level, args);
  return harden({
    ...console,
    dir: (/** @type {unknown} */ value) => print('log', [shown(value)]),
    table: (/** @type {unknown} */ value) => print('log', [shown(value)]),
    assert(/** @type {unknown} */ condition, /** @type {unknown[]} */ ...args) {
      if (!condition) print('error', ['Assertion failed', ...args]);
    },
    group(/** @type {unknown[]} */ ...args) {
      if (args.length > 0) print('log', args);
      if (indent.length < 40) indent += '  ';
    },
    groupEnd() {
      indent = indent.slice(2);
    },
  });
};

/**
 * @param {() => boolean} isAlive whether an evaluation is active
 * @param {(error: unknown) => void} failed receives errors of callbacks
 * @returns {Timers}
 */
export const makeTimers = (isAlive, failed) => {
  /** @type {Map<number, NodeJS.Timeout>} */
  const waiting = new Map();
  let last = 0;
  /**
   * @param {typeof setTimeout | typeof setInterval} begin
   * @param {boolean} again
   */
  const timer =
    (begin, again) =>
    (
      /** @type {unknown} */ callback,
      /** @type {unknown} */ delay,
      /** @type {unknown[]} */ ...args
    ) => {
      if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
      if (!isAlive()) throw new Error('nothing is evaluated now');
      last += 1;
      const number = last;
      const run = () => {
        if (!again) waiting.delete(number);
        try {
          Reflect.apply(callback, undefined, args);
        } catch (error) {
          failed(error);
        }
      };
      waiting.set(number, /** @type {NodeJS.Timeout} */ (begin(run, Number(delay))));
      return number;
    };
  const clear = (/** @type {unknown} */ number) => {
    clearTimeout(waiting.get(/** @type {number} */ (number)));
    waiting.delete(/** @type {number} */ (number));
  };
  return {
    functions: harden({
      setTimeout: timer(setTimeout, false),
      setInterval: timer(setInterval, true),
      clearTimeout: clear,
      clearInterval: clear,
    }),
    clear() {
      for (const number of [...waiting.keys()]) clear(number);
    },
  };
};
