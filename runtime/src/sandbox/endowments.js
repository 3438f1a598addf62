// What an evaluated text finds in its compartment: the language, what only computes, a console and the tools. No clock,
// no chance, no memory that is shared, and no word of the garbage collector, unless they are endowed.
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
 * @property {() => void} clear all that still wait
 */

/** @type {any} */
const start = globalThis;

// Time passes while another thread counts, and a collected object tells what others did.
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
 * An Intl.DateTimeFormat that is given no date formats the present one.
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
  const intl = timelessIntl(/** @type {any} */ (language));
  const { performance, crypto } = globals;
  const clock = harden({ now: () => performance.now() });
  const randomness = harden({
    getRandomValues: (/** @type {any} */ array) => crypto.getRandomValues(array),
    randomUUID: () => crypto.randomUUID(),
  });
  return (globalThis, endowments) => {
    for (const [name, value] of [...pure, ...computing]) define(globalThis, `${name}`, value);
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
    return 'what can not be shown'; // a trap of the program's
  }
};

const LEVELS = ['log', 'info', 'debug', 'warn', 'error', 'trace'];

/**
 * The methods of https://console.spec.whatwg.org that make lines; those that measure time are left out.
 *
 * @param {(level: string, text: string) => void} write
 * @returns {Record<string, Function>} hardened
 */
export const makeConsole = (write) => {
  let indent = '';
  const say = (/** @type {string} */ level, /** @type {unknown[]} */ args) => {
    const text = formatWithOptions(SHOWN, ...args);
    write(level, indent + text.replaceAll('\n', `\n${indent}`));
  };
  /** @type {Record<string, Function>} */
  const console = {};
  for (const level of LEVELS)
    console[level] = (/** @type {unknown[]} */ ...args) => say(level, args);
  return harden({
    ...console,
    dir: (/** @type {unknown} */ value) => say('log', [shown(value)]),
    table: (/** @type {unknown} */ value) => say('log', [shown(value)]),
    assert(/** @type {unknown} */ condition, /** @type {unknown[]} */ ...args) {
      if (!condition) say('error', ['Assertion failed', ...args]);
    },
    group(/** @type {unknown[]} */ ...args) {
      if (args.length > 0) say('log', args);
      if (indent.length < 40) indent += '  ';
    },
    groupEnd() {
      indent = indent.slice(2);
    },
  });
};

/**
 * @param {() => boolean} isAlive whether something is evaluated that may wait
 * @param {(error: unknown) => void} failed is told what a callback throws
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
