// The only place that knows how ses locks the realm down.
import { checkPhases, endSearch } from './import-phases.js';
import 'ses';
import { letAssign } from './assign.js';
import { transforms } from 'ses/tools.js';
import { ownProperty, showPlainProperties } from '../base/descriptors.js';
import { hardenSegments } from './hidden-prototypes.js';
import { enableOverrides, hardenHost, regardHardened } from './host-harden.js';
import { defineConstructor, showConstructors } from './dynamic-code.js';

/** @import { Powers } from '../protocols/powers.js' */

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

// The rest of what ECMA-262 has and objects inherit from; `Object.prototype` is as ses has it.
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

// Objects of the host that ses freezes with its own. The rest is frozen by `hardenHost`.
const HARDENED_BY_SES = ['Buffer', 'TextDecoder', 'TextEncoder'];

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
  for (const key of ['arguments', 'caller'])
    Object.defineProperty(start.Function.prototype, key, original['restricted'][key]);
  for (const [prototype, key, property] of original['disposers']) {
    if (property !== undefined && !Object.hasOwn(prototype, key)) {
      Object.defineProperty(prototype, key, property);
    }
  }
  // Symbols that the engine lacks and packages would add: decorators' metadata, and Observable's.
  const SharedSymbol = start.Symbol.prototype.constructor;
  for (const name of ['metadata', 'observable']) {
    const value = Symbol(`Symbol.${name}`);
    if (!(name in Symbol)) Object.defineProperty(SharedSymbol, name, { value });
  }
  const { metadata } = /** @type {any} */ (SharedSymbol);
  if (!Object.hasOwn(start.Function.prototype, metadata))
    Object.defineProperty(start.Function.prototype, metadata, { value: null });
  // Its own prototype is the Error that ses replaced, which has powers.
  if (start['SuppressedError']) Object.setPrototypeOf(start['SuppressedError'], SharedError);
};

// Constructors whose functions a class inherits (`class Mine extends Promise {}; Mine.all = …`). Of those that nobody
// extends, and of primitives, the functions stay plain, which is faster.
const PLAIN_STATICS = ['Object', 'Symbol', 'BigInt', 'Number', 'String', 'Boolean'];

/** @returns {object[]} prototypes that no global leads to by name */
const hiddenPrototypes = () => {
  const { getPrototypeOf } = Object;
  const generator = getPrototypeOf(function* none() {});
  const asyncGenerator = getPrototypeOf(async function* none() {});
  const ofArrays = getPrototypeOf([].values());
  const made = [
    generator,
    asyncGenerator,
    getPrototypeOf(async () => {}),
    getPrototypeOf(Int8Array),
  ];
  const iterators = [new Map().keys(), new Set().keys(), ''[Symbol.iterator](), ''.matchAll(/x/g)];
  return [
    ...made,
    ...[generator.prototype, asyncGenerator.prototype, getPrototypeOf(asyncGenerator.prototype)],
    ...[getPrototypeOf(ofArrays), ofArrays, getPrototypeOf(Int8Array.prototype)],
    ...iterators.map((iterator) => getPrototypeOf(iterator)),
    ...(start['Iterator'] === undefined
      ? []
      : [
          getPrototypeOf(Iterator.from([]).map((value) => value)),
          getPrototypeOf(Iterator.from({ next: () => ({ done: true, value: 0 }) })),
        ]),
  ];
};

// Engines know these of arrays, sets, maps and strings by heart: `f(...list)` takes ten times as long once one of
// them is an accessor. The compiler makes assignments of functions to such members definitions.
const KNOWN_BY_HEART = /** @type {PropertyKey[]} */ ([Symbol.iterator, 'next']);

/** @returns {Set<object>} the prototypes that have them */
const knownByHeart = () => {
  const { getPrototypeOf } = Object;
  const known = [[], new Set(), new Map(), Object('')].flatMap((value) => [
    getPrototypeOf(value),
    getPrototypeOf(value[Symbol.iterator]()),
  ]);
  return new Set([...known, getPrototypeOf(Int8Array.prototype)]);
};

// Node's inspect reads a plain `constructor` of all but these, whose names it knows. To the others, the compiler makes
// assignments to `constructor` definitions.
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
 * Every property of the language that objects inherit can be assigned to them: each becomes an accessor, before
 * the intrinsics are frozen (the "override mistake" of ECMA-262 10.1.9.2).
 */
const enableAllOverrides = () => {
  /** @type {Set<object>} */
  const objects = new Set(hiddenPrototypes());
  for (const name of LANGUAGE_CONSTRUCTORS) {
    const prototype = start[name]?.prototype;
    if (typeof prototype !== 'object' && typeof prototype !== 'function') continue;
    objects.add(prototype);
    if (!PLAIN_STATICS.includes(name)) objects.add(prototype.constructor);
  }
  for (const name of HARDENED_BY_SES) objects.add(start[name]?.prototype ?? {});
  const byHeart = knownByHeart();
  const withConstructor = new Set(ASSIGNED_CONSTRUCTOR.map((name) => start[name].prototype));
  for (const object of objects) {
    const assigned = Reflect.ownKeys(object).filter((key) => {
      if (byHeart.has(object) && KNOWN_BY_HEART.includes(key)) return false;
      if (key === 'constructor' && !withConstructor.has(object)) return false;
      return ownProperty(object, key)?.writable === true;
    });
    enableOverrides(object, assigned);
  }
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

const FUNCTIONS = /** @type {[string, string, Function][]} */ ([
  ['AsyncFunction', 'async function', async () => {}],
  ['GeneratorFunction', 'function*', function* none() {}],
  ['AsyncGeneratorFunction', 'async function*', async function* none() {}],
]);

/**
 * Node's inspect reads a plain `constructor`. (Node's own classes keep accessors: its streams assign it.)
 *
 * @template T
 * @param {T} root of the language: a class, or a namespace of classes
 * @returns {T}
 */
const withPlainConstructors = (root) => {
  const held = Object.values(Object.getOwnPropertyDescriptors(/** @type {object} */ (root)));
  for (const Class of [root, ...held.map(({ value }) => value)]) {
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
    // ECMA-262 10.2.4 AddRestrictedFunctionProperties: they throw.
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

/**
 * Lock the realm down. What runs before must be trusted; what runs after can't change the language.
 *
 * @param {PrepareStackTrace | undefined} prepareStackTrace undefined: as ses has it
 * @param {import('ses').RepairOptions} [settings] of ses, instead of ours
 * @returns {Pick<Powers, 'language' | 'languageNames' | 'capture'>}
 */
export const secure = (prepareStackTrace, settings = {}) => {
  checkPhases(transforms.mandatoryTransforms);
  const original = beforeRepair();
  start['repairIntrinsics']({ ...SETTINGS, ...settings });
  restorePure(original);
  defineConstructor('Function', 'function', Function.prototype);
  for (const [name, prefix, made] of FUNCTIONS)
    defineConstructor(name, prefix, Object.getPrototypeOf(made));
  showConstructors();
  enableAllOverrides();
  letAssign(start.Object, knownByHeart(), KNOWN_BY_HEART);
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
      hardenHost(withPlainConstructors(start[name])),
    ]),
  );
  const languageNames = [...Object.getOwnPropertyNames(globalThis), ...Object.keys(language)];
  return { language, languageNames, capture };
};
