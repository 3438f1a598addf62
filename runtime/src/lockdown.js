// The only place that knows how ses locks the realm down.
import { checkPhases, endSearch } from './import-phases.js';
import 'ses';
import { transforms } from 'ses/tools.js';
import { showPlainProperties } from './descriptors.js';
import { hardenSegments } from './hidden-prototypes.js';
import { enableOverrides, hardenHost, regardHardened } from './host-harden.js';

/** @typedef {typeof globalThis & Record<string, any>} StartGlobal */

const start = /** @type {StartGlobal} */ (globalThis);

endSearch();

// ECMA-262 as this host has it, beyond what ses gives to compartments. None of it is a power.
const LANGUAGE = [
  ...['Intl', 'Atomics', 'SharedArrayBuffer', 'Float16Array', 'Float32Array', 'Float64Array'],
  ...[
    'WeakRef',
    'FinalizationRegistry',
    'SuppressedError',
    'DisposableStack',
    'AsyncDisposableStack',
  ],
  ...['Iterator', 'AggregateError', 'escape', 'unescape'],
];

// More than is shown, since frames of the runtime are left out.
const STACK_TRACE_LIMIT = 40;

/**
 * @param {object} target
 * @param {object} source the same object, or constructor, before ses repaired it
 * @param {PropertyKey} key
 */
const putBack = (target, source, key) => {
  const property = Object.getOwnPropertyDescriptor(source, key);
  if (property !== undefined && !Object.hasOwn(target, key))
    Object.defineProperty(target, key, property);
};

/**
 * What ses 2.3 does not know and removes, or leaves with the start compartment's constructors alone.
 * They are pure functions of their arguments, and are hardened with the other intrinsics.
 *
 * @param {Record<string, any>} original
 */
const restorePure = (original) => {
  const SharedError = start.Error.prototype.constructor;
  putBack(SharedError, original['Error'], 'isError');
  putBack(start.RegExp.prototype.constructor, original['RegExp'], 'escape');
  for (const [prototype, key, property] of original['disposers']) {
    if (property !== undefined && !Object.hasOwn(prototype, key)) {
      Object.defineProperty(prototype, key, property);
    }
  }
  // Its own prototype is the Error that ses replaced, which has powers.
  if (start['SuppressedError']) Object.setPrototypeOf(start['SuppressedError'], SharedError);
};

// Prototypes that packages inherit from and assign to, beyond those that ses's `severe` covers. Not all of
// their properties: engines are slower when the methods that they know by heart become accessors.
const INHERITED = ['String', 'Number', 'Boolean', 'Date', 'RegExp', 'BigInt', 'Symbol', 'Promise'];

// Of errors, whose prototypes stand where old code writes `Mine.prototype = new RangeError()`.
const ERRORS = ['EvalError', 'ReferenceError', 'SyntaxError', 'URIError', 'AggregateError'];

/** @returns {string[]} the methods of arrays: stacks and queues that are arrays have their own */
const arrayMethods = () =>
  Object.getOwnPropertyNames(Array.prototype).filter((name) => name !== 'constructor');

const enableCommonOverrides = () => {
  enableOverrides(Array.prototype, arrayMethods());
  for (const name of INHERITED) {
    enableOverrides(start[name].prototype, ['constructor', 'toString', 'valueOf', 'toJSON']);
  }
  for (const name of ['RangeError', 'TypeError']) enableOverrides(start[name].prototype);
  // Node's inspect asks the other prototypes for a plain `constructor`, or calls them all Error.
  for (const name of ERRORS) enableOverrides(start[name].prototype, ['name', 'message']);
  for (const name of ['WeakMap', 'WeakSet']) enableOverrides(start[name].prototype);
};

/**
 * @param {object} globalThis of a compartment
 * @returns {unknown[]} what ses has hardened, as far as it is easily found
 */
const intrinsics = (globalThis) => {
  const globals = Object.getOwnPropertyDescriptors(globalThis);
  return Object.values(globals)
    .flatMap(({ value }) => (typeof value === 'function' ? [value, value.prototype] : []))
    .concat(Object.getPrototypeOf(Int8Array), Object.getPrototypeOf(Int8Array.prototype));
};

/** @returns {Record<string, any>} */
const beforeRepair = () => {
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
  const asyncIterator = Object.getPrototypeOf(
    Object.getPrototypeOf(Object.getPrototypeOf((async function* none() {})())),
  );
  return {
    Error: start.Error,
    RegExp: start.RegExp,
    disposers: [
      [iterator, Symbol.dispose, Object.getOwnPropertyDescriptor(iterator, Symbol.dispose ?? '')],
      [
        asyncIterator,
        Symbol.asyncDispose,
        Object.getOwnPropertyDescriptor(asyncIterator, Symbol.asyncDispose ?? ''),
      ],
    ].filter(([, key]) => key !== undefined),
  };
};

/** @type {import('ses').RepairOptions} */
const SETTINGS = {
  ...{ errorTaming: 'unsafe', stackFiltering: 'verbose', overrideTaming: 'severe' },
  ...{ consoleTaming: 'unsafe', localeTaming: 'unsafe', domainTaming: 'safe' },
  ...{ errorTrapping: 'none', unhandledRejectionTrapping: 'none', reporting: 'none' },
  ...{ evalTaming: 'safe-eval', regExpTaming: 'safe', overrideDebug: [] },
  ...{ legacyRegeneratorRuntimeTaming: 'safe', __hardenTaming__: 'safe' },
};

/**
 * @typedef {(error: unknown, sites: any[]) => unknown} PrepareStackTrace formats every stack trace
 */

/**
 * Lock the realm down. What runs before must be trusted; what runs after can't change the language.
 *
 * @param {PrepareStackTrace | undefined} prepareStackTrace undefined: as ses has it
 * @param {import('ses').RepairOptions} [settings] of ses, instead of ours
 * @returns {Pick<import('./package.js').Powers, 'language' | 'languageNames' | 'capture'>}
 */
export const secure = (prepareStackTrace, settings = {}) => {
  checkPhases(transforms.mandatoryTransforms);
  const original = beforeRepair();
  start['repairIntrinsics']({ ...SETTINGS, ...settings });
  restorePure(original);
  enableCommonOverrides();
  showPlainProperties(start.Object);
  start['hardenIntrinsics']();
  const HostError = original['Error'];
  HostError.stackTraceLimit = STACK_TRACE_LIMIT;
  if (prepareStackTrace !== undefined) HostError.prepareStackTrace = prepareStackTrace; // V8's own call sites: they go no further
  const capture = HostError.captureStackTrace;
  Object.freeze(capture);
  Object.freeze(HostError); // classes of the host inherit from it, so packages can reach it
  const { globalThis } = new Compartment();
  regardHardened(intrinsics(globalThis));
  hardenSegments(start.Intl);
  const language = Object.fromEntries(
    LANGUAGE.filter((name) => start[name] !== undefined).map((name) => [
      name,
      hardenHost(start[name]),
    ]),
  );
  const languageNames = [...Object.getOwnPropertyNames(globalThis), ...Object.keys(language)];
  return { language, languageNames, capture };
};
