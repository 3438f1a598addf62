// Sessions: one compartment with its endowments and its current evaluation.
import { respell } from '../lockdown/dynamic-code.js';
import { makeConsole, makeGlobals, makeTimers, define, shown } from './endowments.js';
import { decode, errorOf, makeEncoder } from './values.js';

/** @import { Message } from './channel.js' */
/** @import { Encoded, Limits } from './values.js' */
/** @import { Timers } from './endowments.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Settings
 * @property {string[]} tools their names
 * @property {boolean} clock
 * @property {boolean} random
 * @property {Limits & { calls: number, output: number }} limits
 *
 * @typedef {object} Turn an evaluation
 * @property {number} id
 * @property {number} calls of tools
 * @property {number} output bytes that may still be written
 *
 * @typedef {object} Session
 * @property {Compartment} compartment
 * @property {Turn | undefined} turn undefined: no evaluation
 * @property {(level: string, text: string) => void} write to the console
 * @property {Timers | undefined} timers if a clock is endowed
 * @property {object} console
 * @property {Map<string, unknown>} modules imported modules by specifier
 *
 * @typedef {object} Calls
 * @property {(session: Session) => object} makeTools
 * @property {(id: number, answer: { value?: Encoded, error?: Encoded }) => void} answered
 * @property {(turn: Turn) => void} forget drops pending calls of the turn
 * @property {(error: unknown) => number | undefined} callOf the call that an error came from
 */

/**
 * @param {Settings} settings
 * @param {(message: Message) => void} send
 * @returns {Calls}
 */
export const makeCalls = ({ tools, limits }, send) => {
  let last = 0;
  /** @type {Map<number, { turn: Turn, resolve: (value: unknown) => void, reject: (error: unknown) => void }>} */
  const waiting = new Map();
  /** @type {WeakMap<object, number>} */
  const failures = new WeakMap();

  /**
   * @param {Session} session
   * @param {string} tool
   * @param {unknown[]} args
   */
  const call = (session, tool, args) => {
    const { turn } = session;
    if (turn === undefined)
      throw errorOf('SandboxError', `tools.${tool}: nothing is evaluated now`);
    turn.calls += 1;
    if (turn.calls > limits.calls) {
      const message = `tools.${tool}: more than ${limits.calls} calls of tools`;
      throw errorOf('SandboxError', message);
    }
    const encode = makeEncoder(limits);
    const encoded = args.map((arg, index) => encode(arg, `tools.${tool}: argument ${index + 1}`));
    last += 1;
    const number = last;
    send({ type: 'call', id: turn.id, call: number, tool, arguments: encoded });
    return new Promise((resolve, reject) => waiting.set(number, { turn, resolve, reject }));
  };

  return {
    makeTools(session) {
      const functions = tools.map((tool) => [
        tool,
        { [tool]: async (/** @type {unknown[]} */ ...args) => call(session, tool, args) }[tool],
      ]);
      return harden(Object.fromEntries(functions));
    },
    answered(number, { value, error }) {
      const found = waiting.get(number);
      waiting.delete(number);
      if (found === undefined) return;
      if (error === undefined) {
        found.resolve(decode(/** @type {Encoded} */ (value)));
        return;
      }
      const failure = /** @type {object} */ (decode(error));
      failures.set(failure, number);
      found.reject(failure);
    },
    forget(turn) {
      for (const [number, { turn: owner }] of waiting) if (owner === turn) waiting.delete(number);
    },
    callOf: (error) => failures.get(/** @type {object} */ (error)),
  };
};

/**
 * @param {Powers} powers
 * @param {Settings} settings
 * @param {Calls} calls
 * @param {(message: Message) => void} send
 * @returns {(name: string) => Session}
 */
export const makeSessions = (powers, settings, calls, send) => {
  const installGlobals = makeGlobals(powers);
  return (name) => {
    const write = (/** @type {string} */ level, /** @type {string} */ text) => {
      const { turn } = session;
      if (turn === undefined || turn.output < 0) return;
      const rest = turn.output;
      turn.output -= text.length + 1;
      const cut = turn.output < 0;
      const part = cut ? text.slice(0, rest) : text;
      send({ type: 'output', id: turn.id, level, text: part, cut });
    };
    const compartment = new Compartment({ __options__: true, name, transforms: [respell] });
    const { globalThis } = compartment;
    const timers = settings.clock
      ? makeTimers(
          () => session.turn !== undefined,
          (error) => write('error', `Uncaught ${shown(error)}`),
        )
      : undefined;
    const console = makeConsole(write);
    /** @type {Session} */
    const session = { compartment, turn: undefined, write, timers, console, modules: new Map() };
    installGlobals(globalThis, settings);
    for (const [key, value] of Object.entries(timers?.functions ?? {}))
      define(globalThis, key, value);
    define(globalThis, 'console', console, false);
    define(globalThis, 'tools', calls.makeTools(session), false);
    return session;
  };
};
