// Sessions: one compartment with its endowments and its current evaluation.
import { respell } from '../lockdown/dynamic-code.js';
import { makeConsole, makeGlobals, makeTimers, define, shown } from './endowments.js';

/** @import { Message } from './channel.js' */
/** @import { Calls, ToolNames, Turn } from './calls.js' */
/** @import { Limits } from './values.js' */
/** @import { Timers } from './endowments.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Settings
 * @property {ToolNames} tools their names
 * @property {boolean} clock
 * @property {boolean} random
 * @property {Limits & { calls: number, output: number }} limits
 *
 * @typedef {object} Session
 * @property {Compartment} compartment
 * @property {Turn | undefined} turn undefined: no evaluation
 * @property {(level: string, text: string, uncaught?: boolean) => void} write to the console
 * @property {Timers | undefined} timers if a clock is endowed
 * @property {object} console
 * @property {Map<string, unknown>} modules imported modules by specifier
 */

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
    const write = (
      /** @type {string} */ level,
      /** @type {string} */ text,
      /** @type {boolean} */ uncaught = false,
    ) => {
      const { turn } = session;
      if (turn === undefined) return;
      if (turn.output < 0) {
        turn.dropped.lines += 1;
        turn.dropped.characters += text.length;
        return;
      }
      const rest = turn.output;
      turn.output -= text.length + 1;
      const cut = turn.output < 0;
      const part = cut ? text.slice(0, rest) : text;
      turn.dropped.characters += text.length - part.length;
      send({ type: 'output', id: turn.id, level, text: part, cut, ...(uncaught && { uncaught }) });
    };
    const compartment = new Compartment({ __options__: true, name, transforms: [respell] });
    const { globalThis } = compartment;
    const timers = settings.clock
      ? makeTimers(
          () => session.turn !== undefined,
          (error) => write('error', `Uncaught ${shown(error)}`, true),
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
