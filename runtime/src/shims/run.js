// Runs shims between the repair of the intrinsics and their hardening, with nothing but the language, and compares what
// they changed with the policy.
import { ShimRefused } from '../base/errors.js';
import { hiddenPrototypes } from '../lockdown/lockdown.js';
import { respell } from '../lockdown/dynamic-code.js';
import { makeShimModules } from './modules.js';
import { stateOfRealm } from './realm.js';

/** @import { Functor } from '../protocols/modules.js' */
/** @import { RunShims } from '../lockdown/lockdown.js' */
/** @import { Shim, ShimModule } from './graph.js' */
/** @import { ShimmedModule } from '../protocols/powers.js' */
/** @import { Change, Comparison, IsProxy } from './realm.js' */

/**
 * @typedef {Record<string, string[]>} NamesByObject names of properties by the object that has them
 *
 * @typedef {object} ShimRun
 * @property {Shim} shim
 * @property {NamesByObject} adds
 * @property {NamesByObject} restored properties that it replaced, and that were put back
 */

const { getOwnPropertyDescriptor } = Reflect;
const { hasOwn } = Object;

const LASTING =
  'error [SHIM_REFUSED]: a shim freezes intrinsics, or defines properties on them that cannot be changed back\n' +
  'hint: load only parts of the package as a shim\n';

// Names that the language or Node looks up on lists, iterators, strings and functions that are not the shim's.
const LOOKED_UP = new Set(
  (
    'then toJSON next return throw listener warned allBuffers withoutStackTrace href BYTES_PER_ELEMENT ' +
    'get set value writable enumerable configurable'
  ).split(' '),
);
// Host code has optional members of functions and errors.
const OF_HOST = /^(?:Object|Function|\w*Error)\.prototype$/;

/**
 * @param {Change} change an addition
 * @returns {string} why no policy can allow it; '' if one can
 */
const neverAllowed = ({ place, key }) => {
  if (OF_HOST.test(place)) return 'objects of the host would inherit it';
  if (LOOKED_UP.has(key) || /^\[Symbol\.(?!for\()|^\[Symbol\.for\(nodejs\./.test(key))
    return 'code of the host looks for that name';
  return /^\d+$/.test(key) ? 'every list of the host would inherit it' : '';
};

/**
 * @param {ReadonlyMap<string, string[]>} listed
 * @param {Change} change
 */
const isListed = (listed, { place, key }) => listed.get(place)?.includes(key) === true;

/**
 * @param {Shim} shim
 * @param {Comparison} comparison
 * @param {boolean} records whether additions are recorded rather than compared with the policy
 */
const check = ({ label, path, grant }, { added, changed }, records) => {
  const name = `the shim '${label}/${path}'`;
  for (const change of added) {
    const reason = neverAllowed(change);
    if (reason !== '')
      throw new ShimRefused(
        `${name} adds ${change.place} ${change.key}: ${reason}`,
        'load only parts of the package as a shim',
      );
  }
  const again = 'run `compartment-mapper policy infer --shim` again and review the difference';
  for (const change of records ? [] : added)
    if (!isListed(grant.adds, change))
      throw new ShimRefused(
        `${name} adds ${change.place} ${change.key}, which the policy does not list`,
        again,
      );
  for (const change of records ? [] : changed)
    if (!isListed(grant.restored, change))
      throw new ShimRefused(
        `${name} replaces ${change.place} ${change.key}, and the policy does not list that`,
        again,
      );
};

/**
 * @param {Change[]} changes
 * @returns {NamesByObject}
 */
const byObject = (changes) => {
  /** @type {NamesByObject} */
  const found = {};
  for (const { place, key } of changes) (found[place] ??= []).push(key);
  return found;
};

/**
 * Called while functions of a shim may be in place.
 *
 * @param {unknown} error
 * @param {IsProxy} isProxy
 * @returns {string} its message, without a call of its code
 */
const messageOf = (error, isProxy) => {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null || isProxy(error))
    return 'a value without a message';
  const property = getOwnPropertyDescriptor(error, 'message');
  const hasMessage = property !== undefined && hasOwn(property, 'value');
  return hasMessage && typeof property.value === 'string'
    ? property.value
    : 'a value without a message';
};

// Globals of compartments that are not of the language.
const NOT_OF_LANGUAGE = [
  ...['Compartment', 'lockdown', 'harden', 'assert', 'HandledPromise', 'StaticModuleRecord'],
  ...['Buffer', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams'],
];

/**
 * @param {Record<string, unknown>} language globals of the language that ses does not provide
 * @returns {{ globalThis: any, functorOf: (module: ShimModule) => Functor, twins: Array<[object, object]> }} `twins`:
 *   objects of the domain, and those that packages without a clock or randomness get instead
 */
const makeDomain = (language) => {
  let compiles = true;
  const compartment = new Compartment({
    __options__: true,
    name: 'shims',
    transforms: [
      (source) => {
        if (compiles) return respell(source);
        throw new TypeError('a shim cannot evaluate text');
      },
    ],
  });
  const { globalThis } = compartment;
  for (const name of NOT_OF_LANGUAGE) Reflect.deleteProperty(globalThis, name);
  const twins = /** @type {Array<[object, object]>} */ ([
    [Math, globalThis.Math],
    [Date, globalThis.Date],
  ]);
  for (const [name, value] of Object.entries({ ...language, Math, Date }))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  return {
    globalThis,
    twins,
    functorOf({ source, file }) {
      if (source.kind === 'json') throw new TypeError('JSON is no program');
      if (source.kind === 'esm' && source.syntaxError !== undefined)
        throw new SyntaxError(source.syntaxError);
      compiles = true;
      try {
        return /** @type {Functor} */ (
          compartment.evaluate(
            `${source.functor}\n//# sourceURL=compartment:///${encodeURI(file)}`,
            {
              sloppyGlobalsMode: source.kind === 'cjs' && source.sloppy,
              __rejectSomeDirectEvalExpressions__: false,
            },
          )
        );
      } finally {
        compiles = false;
      }
    },
  };
};

/**
 * @param {object} own
 * @param {object} twin
 */
const copyAdded = (own, twin) => {
  for (const key of Reflect.ownKeys(own)) {
    if (Object.hasOwn(twin, key)) continue;
    Object.defineProperty(
      twin,
      key,
      /** @type {PropertyDescriptor} */ (Reflect.getOwnPropertyDescriptor(own, key)),
    );
  }
};

/**
 * @param {any} globalThis
 * @returns {Map<object, string>} names of prototypes, which other objects lead to first
 */
const prototypeNames = (globalThis) => {
  /** @type {Map<object, string>} */
  const names = new Map();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
    const prototype = typeof value === 'function' ? value.prototype : undefined;
    if (typeof prototype === 'object' || typeof prototype === 'function')
      if (prototype !== null && !names.has(prototype)) names.set(prototype, `${name}.prototype`);
  }
  return names;
};

/**
 * @typedef {object} ShimHost
 * @property {(message: string) => void} end ends the host without a call of a function of the language: functions of a
 *   shim may be in their place
 * @property {IsProxy} isProxy
 */

/**
 * Runs one shim. Until the comparison, functions of the shim may be in place of those of the language. After it, no
 * code of the shim runs: what it added has no accessors and no proxies, so that it can be read and frozen.
 *
 * @param {ShimHost} host
 * @param {ReturnType<typeof stateOfRealm>} state
 * @param {() => void} start
 * @param {() => ShimmedModule[]} collect
 * @returns {{ comparison: Comparison, problem: string, modules: ShimmedModule[] }}
 */
const runOne = ({ isProxy }, state, start, collect) => {
  let problem = '';
  /** @type {ShimmedModule[]} */
  let modules = [];
  try {
    start();
    modules = collect();
    if (state.addsProxy(isProxy, modules)) problem = 'adds or exports a proxy';
  } catch (error) {
    problem = `throws: ${messageOf(error, isProxy)}`;
  }
  return { comparison: state.compare(), problem, modules };
};

/**
 * @param {ReadonlyArray<Shim>} shims
 * @param {ShimHost} host
 * @param {(run: ShimRun) => void} [record] called with what each shim adds; without it, the policy must list that
 * @returns {RunShims} throws ShimRefused, with all intrinsics as they were before the shim
 */
export const shimRunner = (shims, host, record) => (language) => {
  const { globalThis, functorOf, twins } = makeDomain(language);
  const loader = makeShimModules(functorOf);
  const starts = shims.map(({ module }) => loader.runnable(module));
  const before = new Set(Reflect.ownKeys(globalThis));
  /** @type {Array<[object, string]>} */
  const roots = [
    [globalThis, 'globalThis'],
    ...Object.entries(hiddenPrototypes()).map(
      ([name, object]) => /** @type {[object, string]} */ ([object, name]),
    ),
  ];
  const names = prototypeNames(globalThis);
  /** @type {ShimmedModule[]} */
  let modules = [];
  for (let index = 0; index < shims.length; index += 1) {
    const shim = /** @type {Shim} */ (shims[index]);
    const start = /** @type {() => void} */ (starts[index]);
    const state = stateOfRealm(roots, names, 'Intl');
    const found = runOne(host, state, start, loader.modules);
    const { comparison, problem } = found;
    if (comparison.lasting.length > 0 || (problem !== '' && !state.undo())) {
      host.end(LASTING);
      throw new ShimRefused('a shim changed the language for good', '');
    }
    if (problem !== '')
      throw new ShimRefused(
        `the shim '${shim.label}/${shim.path}' ${problem}`,
        'a shim has only the language: no builtins, no globals of the host and no evaluation of text',
      );
    try {
      check(shim, comparison, record !== undefined);
    } catch (error) {
      if (!state.undo()) host.end(LASTING);
      throw error;
    }
    for (const [own, twin] of twins) copyAdded(own, twin);
    record?.({ shim, adds: byObject(comparison.added), restored: byObject(comparison.changed) });
    ({ modules } = found);
  }
  /** @type {Record<string, unknown>} */
  const globals = {};
  for (const key of Reflect.ownKeys(globalThis))
    if (typeof key === 'string' && !before.has(key))
      globals[key] = Reflect.getOwnPropertyDescriptor(globalThis, key)?.value;
  return { globals, modules };
};
