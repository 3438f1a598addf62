// `run --audit`: records denied capabilities with the place of their first use instead of throwing. A package gets a
// stub that accepts every operation and does nothing: the host is never touched.
import { severityOf } from '../base/authority.js';
import { ownerOf } from '../base/errors.js';

/** @import { AuditedPart, Needed, NeededGrant, Recorder } from '../protocols/audit.js' */

/** @returns {string} position in a package's source that called the runtime */
export const placeOfUse = () => {
  const { stack = '' } = new Error('place');
  return /compartment:\/\/\/(.+?:\d+):\d+\)?$/m.exec(stack)?.[1] ?? '';
};

/**
 * @param {NeededGrant} known
 * @param {NeededGrant} other
 * @returns {NeededGrant} one grant for both uses
 */
const joined = (known, other) => {
  if (known === true || other === 'load') return known;
  if (known === 'load' || other === true) return other;
  const keys = Object.keys({ ...known, ...other });
  const entries = keys.map((key) => {
    const values = new Set([...(known[key] ?? []), ...(other[key] ?? [])]);
    return /** @type {const} */ ([key, [...values].sort()]);
  });
  const both = Object.fromEntries(entries);
  return JSON.stringify(both) === JSON.stringify(known) ? known : both;
};

/**
 * @param {(kind: 'needed' | 'used', row: Needed) => void} [heard] called for each new or changed row
 * @returns {Recorder}
 */
export const makeRecorder = (heard) => {
  /** @type {Map<string, Needed>} */
  const all = new Map();
  /** @type {Map<string, Needed>} */
  const uses = new Map();
  const keyOf = (
    /** @type {string} */ label,
    /** @type {string} */ part,
    /** @type {string} */ path,
  ) => JSON.stringify([label, part, path]);
  /**
   * @param {Map<string, Needed>} rows
   * @param {string} label
   * @param {AuditedPart} part
   * @param {string} path
   * @param {NeededGrant} requested
   */
  const add = (rows, label, part, path, requested) => {
    const key = keyOf(label, part, path);
    const known = rows.get(key);
    const grant = known === undefined ? requested : joined(known.grant, requested);
    if (grant === known?.grant) return;
    const severity = part === 'packages' ? 'low' : severityOf(part, path);
    const place = known?.place ?? placeOfUse();
    change(rows, { label, part, path, grant, severity, place });
  };
  /**
   * @param {Map<string, Needed>} rows
   * @param {Needed} row
   */
  const change = (rows, row) => {
    rows.set(keyOf(row.label, row.part, row.path), row);
    heard?.(rows === all ? 'needed' : 'used', row);
  };
  const sorted = (/** @type {Map<string, Needed>} */ rows) =>
    [...rows.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
  return {
    record: (label, part, path, requested = true) => add(all, label, part, path, requested),
    needed: () => sorted(all),
    use: (label, part, path, scope) => add(uses, label, part, path, scope),
    used: () => sorted(uses),
    merge(kind, row) {
      const rows = kind === 'needed' ? all : uses;
      const known = rows.get(keyOf(row.label, row.part, row.path));
      if (known === undefined) change(rows, row);
      else change(rows, { ...known, grant: joined(known.grant, row.grant) });
    },
  };
};

/** @param {Needed} needed */
const lineOf = ({ label, part, path, grant, severity, place }) => {
  const key = `${ownerOf(label)}.${part}[${JSON.stringify(path)}]`;
  const line = `${key} = ${JSON.stringify(grant)}${place && `  # ${place}`}`;
  return severity === 'critical' ? `critical: ${line}` : line;
};

/**
 * @param {Recorder} recorder
 * @param {'text' | 'json'} format
 * @returns {string} for the standard error stream
 */
export const auditReport = (recorder, format) => {
  const [needed, used] = [recorder.needed(), recorder.used()];
  if (format === 'json') return JSON.stringify({ schemaVersion: 1, audit: needed, used });
  const denied =
    needed.length === 0
      ? ['audit: the policy denied nothing that was used']
      : ['audit: denied by the policy, and used:', ...needed.map(lineOf)];
  const enough =
    used.length === 0 ? [] : ['audit: grants that could be restricted to what was used:'];
  return [...denied, ...enough, ...used.map(lineOf)].join('\n');
};

// A program that waits for a result of a stub would loop forever.
const MOST_USES = 10_000;

const EMPTY = Object.freeze({
  next: () => ({ done: true, value: undefined }),
  [Symbol.iterator]: () => EMPTY,
});
const ASYNC_EMPTY = Object.freeze({
  next: async () => ({ done: true, value: undefined }),
  [Symbol.asyncIterator]: () => ASYNC_EMPTY,
});

/** Members of a stub that the language itself reads. @type {Record<PropertyKey, unknown>} */
const PLAIN = {
  __proto__: null,
  ...{ length: 0, name: '', toString: () => '', valueOf: () => '', toJSON: () => '' },
  [Symbol.toPrimitive]: (/** @type {string} */ hint) => (hint === 'number' ? 0 : ''),
  [Symbol.iterator]: () => EMPTY,
  [Symbol.asyncIterator]: () => ASYNC_EMPTY,
  [Symbol.hasInstance]: Function.prototype[Symbol.hasInstance],
  [Symbol.toStringTag]: undefined,
  [Symbol.isConcatSpreadable]: undefined,
  [Symbol.species]: undefined,
};

/**
 * @typedef {object} StubOptions
 * @property {() => void} use called on every use
 * @property {() => Error} deny creates the error for endless use
 * @property {(name: string) => StubOptions | undefined} [member] options of a member, for an object whose members are
 *   granted one by one
 * @property {boolean} [settled] whether it is the result of a promise
 */

/**
 * @param {StubOptions} options
 * @returns {Function} a Proxy
 */
export const makeRecordingStub = (options) => {
  const { use, deny, member, settled = false } = options;
  /** @type {Map<PropertyKey, unknown>} assigned members, and members that were read */
  const own = new Map();
  let uses = 0;
  const used = () => {
    uses += 1;
    if (uses > MOST_USES) throw deny();
    use();
  };
  const beyond = () => makeRecordingStub({ use: used, deny });
  const then = (/** @type {any} */ resolve, /** @type {any} */ reject) => {
    const answer = makeRecordingStub({ use: used, deny, settled: true });
    return Promise.resolve(answer).then(resolve, reject);
  };
  /** @param {PropertyKey} key */
  const read = (key) => {
    const below = typeof key === 'string' ? member?.(key) : undefined;
    if (below !== undefined) return makeRecordingStub(below);
    used();
    if (key in PLAIN || typeof key === 'symbol') return PLAIN[key];
    return key === 'then' ? then : beyond();
  };
  /** @type {{ (): void, prototype: unknown }} */
  const Stub = function () {};
  Stub.prototype = undefined;
  /** @type {Function} */
  const stub = new Proxy(Stub, {
    get(target, key) {
      if (key === 'then' && settled) return undefined;
      if (key === 'prototype') return (target.prototype ??= beyond());
      if (!own.has(key)) own.set(key, read(key));
      return own.get(key);
    },
    set(target, key, value) {
      used();
      if (key === 'prototype') target.prototype = value;
      else own.set(key, value);
      return true;
    },
    defineProperty(_target, key, { value }) {
      used();
      own.set(key, value);
      return true;
    },
    has: (target, key) => own.has(key) || Reflect.has(target, key),
    apply() {
      used();
      return beyond();
    },
    construct(target, _args, newTarget) {
      used();
      target.prototype ??= beyond();
      return newTarget === stub ? beyond() : Reflect.construct(target, [], newTarget);
    },
    deleteProperty: (_target, key) => (own.delete(key), true),
    setPrototypeOf: () => true,
    preventExtensions: () => false,
  });
  return stub;
};

/**
 * @param {Recorder} recorder
 * @param {object} denied
 * @param {string} denied.label the package
 * @param {'globals' | 'builtins'} denied.part
 * @param {string} denied.path
 * @param {(path: string) => Error} denied.deny
 * @param {(path: string) => boolean} [denied.hasMembers] whether its members are granted one by one
 * @returns {Function} a stub that records
 */
export const recordingStub = (recorder, { label, part, path, deny, hasMembers = () => false }) => {
  /**
   * @param {string} at
   * @returns {StubOptions}
   */
  const optionsOf = (at) => ({
    use: () => recorder.record(label, part, at),
    deny: () => deny(at),
    member: (name) =>
      hasMembers(at) && !(name in Object.prototype) ? optionsOf(`${at}.${name}`) : undefined,
  });
  return makeRecordingStub(optionsOf(path));
};
