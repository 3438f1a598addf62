// Stubs for capabilities that the source of a package mentions but the policy denies: a reference is harmless, a use
// throws the reason.
import { recordingStub } from './audit.js';
import { VIEWED_GLOBALS } from '../base/authority.js';
import { accessDenied } from '../base/errors.js';

/** @import { Recorder } from '../protocols/audit.js' */

/**
 * @param {() => Error} makeError
 * @param {string} [name]
 * @returns {Function} which throws when it is called or constructed; classes can extend it
 */
export const makeDenied = (makeError, name = 'denied') => {
  const denied = function denied() {
    throw makeError();
  };
  Object.defineProperty(denied, 'name', { value: name });
  return Object.freeze(denied);
};

/** @param {() => Error} makeError */
const makeStub = (makeError) => {
  const deny = () => {
    throw makeError();
  };
  const traps = [
    ...['apply', 'construct', 'get', 'set', 'has', 'deleteProperty', 'defineProperty', 'ownKeys'],
    ...[
      'getOwnPropertyDescriptor',
      'getPrototypeOf',
      'setPrototypeOf',
      'isExtensible',
      'preventExtensions',
    ],
  ];
  const handler = Object.fromEntries(traps.map((trap) => [trap, deny]));
  return new Proxy(
    Object.freeze(function denied() {}),
    Object.freeze(handler),
  );
};

/**
 * @param {string} label
 * @param {string} name
 */
const deniedGlobal = (label, name) => makeStub(() => accessDenied(label, 'global', name));

/**
 * @param {Recorder} audit
 * @returns {(label: string, path: string) => Function}
 */
export const recordedGlobal = (audit) => (label, path) =>
  recordingStub(audit, {
    ...{ label, part: 'globals', path },
    deny: (at) => accessDenied(label, 'global', at),
    hasMembers: (at) => VIEWED_GLOBALS.includes(at),
  });

/**
 * The scope of a package's source, in addition to its global object, for free variables that are not defined.
 *
 * @param {object} options
 * @param {string} options.label the package
 * @param {Iterable<string>} options.names free variables of its modules
 * @param {(name: string) => boolean} options.isHostGlobal
 * @param {Record<string, unknown>} options.globalThis the compartment's
 * @param {Recorder | undefined} options.audit
 * @returns {object | undefined} accessors by name; undefined if all names are defined
 */
export const missingNames = ({ label, names, isHostGlobal, globalThis, audit }) => {
  const stubOf = audit === undefined ? deniedGlobal : recordedGlobal(audit);
  const scope = Object.create(null);
  for (const name of new Set(names)) {
    if (name in globalThis) continue;
    const stub = isHostGlobal(name) ? stubOf(label, name) : undefined;
    Object.defineProperty(scope, name, {
      get() {
        if (name in globalThis) return globalThis[name]; // defined later, by a polyfill
        if (stub !== undefined) return stub;
        throw new ReferenceError(`${name} is not defined`);
      },
      /** @param {unknown} value */
      set(value) {
        globalThis[name] = value;
      },
      enumerable: true,
      configurable: false,
    });
  }
  return Reflect.ownKeys(scope).length === 0 ? undefined : Object.freeze(scope);
};
