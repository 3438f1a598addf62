// Lockdown of the realm. The only module that calls lockdown functions of ses.
import { checkPhases, endSearch } from './import-phases.js';
import 'ses';
import { letAssign } from './assign.js';
import { transforms } from 'ses/tools.js';
import { ownProperty, showPlainProperties } from '../base/descriptors.js';
import { hardenSegments } from './hidden-prototypes.js';
import { enableOverrides, hardenHost, regardHardened } from './host-harden.js';
import { defineConstructor, showConstructors } from './dynamic-code.js';

/** @import { Powers, Shimmed } from '../protocols/powers.js' */

/** @typedef {typeof globalThis & Record<string, any>} StartGlobal */

const start = /** @type {StartGlobal} */ (globalThis);

endSearch();

// Globals of ECMA-262 that ses leaves out of compartments. None of them is a capability.
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

// Other constructors of ECMA-262 whose prototypes objects inherit from; ses handles `Object.prototype`.
const LANGUAGE_CONSTRUCTORS = [
  ...LANGUAGE,
  ...[
    'Function',
    'Boolean',
    'Symbol',
    'Number',
    'BigInt',
    'Date',
    'String',
    'RegExp',
    'Array',
    'Promise',
  ],
  ...[
    'Map',
    'Set',
    'WeakMap',
    'WeakSet',
    'ArrayBuffer',
    'DataView',
    'Error',
    'EvalError',
    'RangeError',
  ],
  ...[
    'ReferenceError',
    'SyntaxError',
    'TypeError',
    'URIError',
    'Int8Array',
    'Int16Array',
    'Int32Array',
  ],
  ...[
    'Uint8Array',
    'Uint8ClampedArray',
    'Uint16Array',
    'Uint32Array',
    'BigInt64Array',
    'BigUint64Array',
  ],
];

// Host objects that ses freezes with the intrinsics. `hardenHost` freezes the others.
const HARDENED_BY_SES = ['Buffer', 'TextDecoder', 'TextEncoder'];

// More frames than are printed, because frames of the runtime are dropped.
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
 * Restores members that ses 2.3 does not know and removes, or leaves only on the constructors of the start
 * compartment. They are pure functions of their arguments, and are hardened with the other intrinsics.
 *
 * @param {Record<string, any>} original
 */
const restorePure = (original) => {
  const SharedError = start.Error.prototype.constructor;
  putBack(SharedError, original['Error'], 'isError');
  putBack(start.RegExp.prototype.constructor, original['RegExp'], 'escape');
  for (const key of ['arguments', 'caller'])
    Object.defineProperty(start.Function.prototype, key, original['restricted'][key]);
  for (const [prototype, key, property] of original['disposers']) {
    if (property !== undefined && !Object.hasOwn(prototype, key)) {
      Object.defineProperty(prototype, key, property);
    }
  }
  // Symbols that the engine lacks and packages would add: of decorator metadata and Observable.
  const SharedSymbol = start.Symbol.prototype.constructor;
  for (const name of ['metadata', 'observable']) {
    const value = Symbol(`Symbol.${name}`);
    if (!(name in Symbol)) Object.defineProperty(SharedSymbol, name, { value });
  }
  const { metadata } = /** @type {any} */ (SharedSymbol);
  if (!Object.hasOwn(start.Function.prototype, metadata))
    Object.defineProperty(start.Function.prototype, metadata, { value: null });
  // Its prototype is the original Error, which ses replaced because it has capabilities.
  if (start['SuppressedError']) Object.setPrototypeOf(start['SuppressedError'], SharedError);
};

// Constructors whose static methods stay data properties, which is faster. Subclasses inherit and may assign static
// methods of other constructors (`class Mine extends Promise {}; Mine.all = …`).
const PLAIN_STATICS = ['Object', 'Symbol', 'BigInt', 'Number', 'String', 'Boolean'];

/** @returns {Record<string, object>} prototypes of what `Intl.Segmenter` makes, by their names in ECMA-402 */
const segmentPrototypes = () => {
  if (start.Intl?.Segmenter === undefined) return {};
  const segments = new start.Intl.Segmenter().segment('');
  const { getPrototypeOf } = Object;
  return {
    '%SegmentsPrototype%': getPrototypeOf(segments),
    '%SegmentIteratorPrototype%': getPrototypeOf(segments[Symbol.iterator]()),
  };
};

/** @returns {Record<string, object>} prototypes of what `Iterator` makes, by their names in ECMA-262 */
const helperPrototypes = () => {
  if (start['Iterator'] === undefined) return {};
  const { getPrototypeOf } = Object;
  const helper = Iterator.from([]).map((value) => value);
  const wrapped = Iterator.from({ next: () => ({ done: true, value: 0 }) });
  return {
    '%IteratorHelperPrototype%': getPrototypeOf(helper),
    '%WrapForValidIteratorPrototype%': getPrototypeOf(wrapped),
  };
};

/** @returns {Record<string, object>} prototypes that no global leads to, by their names in ECMA-262 */
export const hiddenPrototypes = () => {
  const { getPrototypeOf } = Object;
  const generator = getPrototypeOf(function* none() {});
  const asyncGenerator = getPrototypeOf(async function* none() {});
  const ofArrays = getPrototypeOf([].values());
  return {
    '%GeneratorFunction.prototype%': generator,
    '%AsyncGeneratorFunction.prototype%': asyncGenerator,
    '%AsyncFunction.prototype%': getPrototypeOf(async () => {}),
    '%TypedArray%': getPrototypeOf(Int8Array),
    '%GeneratorPrototype%': generator.prototype,
    '%AsyncGeneratorPrototype%': asyncGenerator.prototype,
    '%AsyncIteratorPrototype%': getPrototypeOf(asyncGenerator.prototype),
    '%IteratorPrototype%': getPrototypeOf(ofArrays),
    '%ArrayIteratorPrototype%': ofArrays,
    '%TypedArray.prototype%': getPrototypeOf(Int8Array.prototype),
    '%MapIteratorPrototype%': getPrototypeOf(new Map().keys()),
    '%SetIteratorPrototype%': getPrototypeOf(new Set().keys()),
    '%StringIteratorPrototype%': getPrototypeOf(''[Symbol.iterator]()),
    '%RegExpStringIteratorPrototype%': getPrototypeOf(''.matchAll(/x/g)),
    ...helperPrototypes(),
    ...segmentPrototypes(),
  };
};

// Engines optimize these members of arrays, sets, maps and strings: `f(...list)` takes ten times as long if one of
// them is an accessor. The compiler turns assignments of functions to such members into definitions.
const OPTIMIZED_KEYS = /** @type {PropertyKey[]} */ ([Symbol.iterator, 'next']);

/** @returns {Set<object>} the prototypes that have them */
const optimizedPrototypes = () => {
  const { getPrototypeOf } = Object;
  const known = [[], new Set(), new Map(), Object('')].flatMap((value) => [
    getPrototypeOf(value),
    getPrototypeOf(value[Symbol.iterator]()),
  ]);
  return new Set([...known, getPrototypeOf(Int8Array.prototype)]);
};

// Node's inspect reads `constructor` as a data property, except for these classes, whose names it knows. For the
// others, the compiler turns assignments to `constructor` into definitions.
const ASSIGNED_CONSTRUCTOR = [
  ...[
    'Array',
    'ArrayBuffer',
    'DataView',
    'Date',
    'Function',
    'Map',
    'RegExp',
    'Set',
    'WeakMap',
    'WeakSet',
  ],
  ...[
    'Error',
    'AggregateError',
    'RangeError',
    'TypeError',
    'Boolean',
    'Number',
    'String',
    'Promise',
  ],
];

/**
 * Avoids the "override mistake" of ECMA-262 10.1.9.2: every property that objects inherit becomes an accessor before
 * the intrinsics are frozen, so that objects can be assigned a property of that name.
 */
const enableAllOverrides = () => {
  /** @type {Set<object>} */
  const objects = new Set(Object.values(hiddenPrototypes()));
  for (const name of LANGUAGE_CONSTRUCTORS) {
    const prototype = start[name]?.prototype;
    if (typeof prototype !== 'object' && typeof prototype !== 'function') continue;
    objects.add(prototype);
    if (!PLAIN_STATICS.includes(name)) objects.add(prototype.constructor);
  }
  for (const name of HARDENED_BY_SES) objects.add(start[name]?.prototype ?? {});
  objects.add(start['Date']); // with the clock; that of the prototype has none
  const optimized = optimizedPrototypes();
  const withConstructor = new Set(ASSIGNED_CONSTRUCTOR.map((name) => start[name].prototype));
  for (const object of objects) {
    const assigned = Reflect.ownKeys(object).filter((key) => {
      if (optimized.has(object) && OPTIMIZED_KEYS.includes(key)) return false;
      if (key === 'constructor' && !withConstructor.has(object)) return false;
      return ownProperty(object, key)?.writable === true;
    });
    enableOverrides(object, assigned);
  }
};

/**
 * @param {object} globalThis of a compartment
 * @returns {unknown[]} objects that ses has hardened and that are easy to find
 */
const intrinsics = (globalThis) => {
  const globals = Object.getOwnPropertyDescriptors(globalThis);
  return Object.values(globals)
    .flatMap(({ value }) => (typeof value === 'function' ? [value, value.prototype] : []))
    .concat(Object.getPrototypeOf(Int8Array), Object.getPrototypeOf(Int8Array.prototype));
};

const FUNCTIONS = /** @type {[string, string, Function][]} */ ([
  ['AsyncFunction', 'async function', async () => {}],
  ['GeneratorFunction', 'function*', function* none() {}],
  ['AsyncGeneratorFunction', 'async function*', async function* none() {}],
]);

/**
 * Node's inspect reads `constructor` as a data property. (Node's own classes keep accessors, because its streams
 * assign it.)
 *
 * @template T
 * @param {T} root of the language: a class, or a namespace of classes
 * @returns {T}
 */
const withPlainConstructors = (root) => {
  const members = Object.values(Object.getOwnPropertyDescriptors(/** @type {object} */ (root)));
  for (const Class of [root, ...members.map(({ value }) => value)]) {
    if (typeof Class !== 'function' || !Object.hasOwn(Class.prototype ?? {}, 'constructor'))
      continue;
    if (ownProperty(Class.prototype, 'constructor')?.configurable)
      Object.defineProperty(Class.prototype, 'constructor', {
        writable: false,
        configurable: false,
      });
  }
  return root;
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
    // ECMA-262 10.2.4 AddRestrictedFunctionProperties: these accessors throw.
    restricted: Object.getOwnPropertyDescriptors(Function.prototype),
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

/** @returns {Record<string, any>} globals of the language that ses does not provide */
const languageOfStart = () =>
  Object.fromEntries(
    LANGUAGE.filter((name) => start[name] !== undefined).map((name) => [name, start[name]]),
  );

/**
 * @typedef {Pick<Powers, 'language' | 'languageNames' | 'capture' | 'shimmed'>} Locked
 *
 * @typedef {(language: Record<string, unknown>) => Shimmed} RunShims
 */

/**
 * Locks the realm down. Code that runs before must be trusted; code that runs after can't modify the intrinsics.
 *
 * @param {PrepareStackTrace | undefined} prepareStackTrace undefined: the default of ses
 * @param {object} [options]
 * @param {import('ses').RepairOptions} [options.settings] of ses that override those of the runtime
 * @param {RunShims | undefined} [options.runShims] adds to the repaired intrinsics before they are hardened
 * @returns {Locked}
 */
export const secure = (prepareStackTrace, { settings = {}, runShims } = {}) => {
  checkPhases(transforms.mandatoryTransforms);
  const original = beforeRepair();
  start['repairIntrinsics']({ ...SETTINGS, ...settings });
  restorePure(original);
  const shimmed = runShims?.(languageOfStart());
  defineConstructor('Function', 'function', Function.prototype);
  for (const [name, prefix, example] of FUNCTIONS)
    defineConstructor(name, prefix, Object.getPrototypeOf(example));
  showConstructors();
  enableAllOverrides();
  letAssign(start.Object, optimizedPrototypes(), OPTIMIZED_KEYS);
  showPlainProperties(start.Object);
  start['hardenIntrinsics']();
  const HostError = original['Error'];
  HostError.stackTraceLimit = STACK_TRACE_LIMIT;
  if (prepareStackTrace !== undefined) HostError.prepareStackTrace = prepareStackTrace; // it receives V8's call sites, which packages never get
  const capture = HostError.captureStackTrace;
  Object.freeze(capture);
  Object.freeze(HostError); // host classes inherit from it, so packages can reach it
  const { globalThis } = new Compartment();
  regardHardened(intrinsics(globalThis));
  hardenSegments(start.Intl);
  const language = languageOfStart();
  for (const value of Object.values(language)) hardenHost(withPlainConstructors(value));
  Object.assign(language, shimmed?.globals);
  for (const value of [shimmed?.globals, ...(shimmed?.modules ?? [])]) start['harden'](value);
  const languageNames = [...Object.getOwnPropertyNames(globalThis), ...Object.keys(language)];
  return { language, languageNames, capture, ...(shimmed && { shimmed: shimmed.modules }) };
};
