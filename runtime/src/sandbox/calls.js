// Calls of the host's tools, and steps of the generators that they return.
import { decode, errorOf, makeEncoder, pathOf } from './values.js';

/** @import { Message } from './channel.js' */
/** @import { Facts } from './facts.js' */
/** @import { Encoded, Limits } from './values.js' */

/**
 * @typedef {Array<[name: string, tool: number | ToolNames]>} ToolNames numbers of tools, and namespaces
 *
 * @typedef {object} Turn an evaluation
 * @property {number} id
 * @property {number} calls of tools
 * @property {number} output characters that may still be written
 * @property {{ characters: number, lines: number }} dropped output beyond the limit
 *
 * @typedef {{ readonly turn: Turn | undefined }} Caller a session
 *
 * @typedef {object} Answer
 * @property {Encoded} [value]
 * @property {Encoded} [error]
 * @property {boolean} [stream] whether the tool returned a generator
 *
 * @typedef {object} Waiting a call that the host has not answered
 * @property {Caller} session
 * @property {Turn} turn
 * @property {string} expression
 * @property {Error} site where it was called
 * @property {(value: unknown) => void} resolve
 * @property {(error: unknown) => void} reject
 *
 * @typedef {object} Calls
 * @property {(session: Caller) => object} makeTools
 * @property {(id: number, answer: Answer) => void} answered
 * @property {(turn: Turn) => Waiting | undefined} pendingCall the oldest one of the turn
 * @property {(turn: Turn) => void} forget drops pending calls of the turn
 */

/**
 * @param {{ tools: ToolNames, limits: Limits & { calls: number } }} settings
 * @param {(message: Message) => void} send
 * @param {Facts} facts
 * @returns {Calls}
 */
export const makeCalls = ({ tools, limits }, send, facts) => {
  let last = 0;
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();

  /**
   * @param {Caller} session
   * @param {Turn | undefined} turn
   * @param {string} expression
   * @returns {Turn} after counting the call
   */
  const counted = (session, turn, expression) => {
    if (turn === undefined || turn !== session.turn)
      throw errorOf('SandboxError', `${expression}: its evaluation has ended`);
    turn.calls += 1;
    if (turn.calls <= limits.calls) return turn;
    const message = `${expression}: more than ${limits.calls} calls of tools`;
    throw facts.noted(errorOf('SandboxError', message), { kind: 'calls' });
  };

  /**
   * @param {Caller} session
   * @param {Turn | undefined} owner the evaluation that the call belongs to
   * @param {string} expression
   * @param {() => Message} makeRequest
   * @returns {Promise<unknown>}
   */
  const ask = (session, owner, expression, makeRequest) => {
    const turn = counted(session, owner, expression);
    const site = new Error(expression);
    const request = makeRequest();
    last += 1;
    const number = last;
    send({ type: 'call', id: turn.id, call: number, ...request });
    return new Promise((resolve, reject) =>
      waiting.set(number, { session, turn, expression, site, resolve, reject }),
    );
  };

  /**
   * @param {Caller} session
   * @param {number} tool
   * @param {string} expression
   * @param {unknown[]} args
   */
  const call = (session, tool, expression, args) =>
    ask(session, session.turn, expression, () => {
      const encode = makeEncoder(limits);
      const encoded = args.map((arg, index) => encode(arg, `${expression}: argument ${index + 1}`));
      return { tool, arguments: encoded };
    });

  /**
   * The generator of a tool. It is closed when code stops early, and the host closes it when the evaluation ends.
   *
   * @param {Waiting} opened
   * @param {number} stream
   */
  const steps = async function* ({ session, turn, expression }, stream) {
    let isOpen = true;
    const step = async () => {
      try {
        return /** @type {[boolean, unknown]} */ (
          await ask(session, turn, expression, () => ({ stream }))
        );
      } catch (error) {
        isOpen = false;
        throw error;
      }
    };
    try {
      for (;;) {
        const [isDone, value] = await step();
        isOpen = !isDone;
        if (isDone) return value;
        yield value;
      }
    } finally {
      if (isOpen && turn === session.turn && turn.calls < limits.calls)
        await ask(session, turn, expression, () => ({ stream, close: true }));
    }
  };

  /**
   * @param {Caller} session
   * @param {ToolNames} names
   * @param {string} path
   * @returns {object}
   */
  const makeNamespace = (session, names, path) => {
    const members = names.map(([name, tool]) => {
      const expression = path + pathOf(name);
      if (typeof tool !== 'number') return [name, makeNamespace(session, tool, expression)];
      const { [name]: named } = {
        [name]: async (/** @type {unknown[]} */ ...args) => call(session, tool, expression, args),
      };
      return [name, named];
    });
    return Object.fromEntries(members);
  };

  return {
    makeTools: (session) => harden(makeNamespace(session, tools, 'tools')),
    answered(number, { value, error, stream }) {
      const found = waiting.get(number);
      waiting.delete(number);
      if (found === undefined) return;
      if (error !== undefined) {
        const failure = /** @type {object} */ (decode(error));
        found.reject(facts.noted(failure, { kind: 'call', call: number, site: found.site }));
      } else if (stream) found.resolve(harden(steps(found, number)));
      else found.resolve(decode(/** @type {Encoded} */ (value)));
    },
    pendingCall(turn) {
      for (const found of waiting.values()) if (found.turn === turn) return found;
      return undefined;
    },
    forget(turn) {
      for (const [number, { turn: owner }] of waiting) if (owner === turn) waiting.delete(number);
    },
  };
};
