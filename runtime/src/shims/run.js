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
/** @import { Change, Comparison } from './realm.js' */

/**
 * @typedef {Record<string, string[]>} NamesByObject names of properties by the object that has them
 *
 * @typedef {object} ShimRun
 * @property {Shim} shim
 * @property {NamesByObject} adds
 * @property {NamesByObject} restored properties that it replaced, and that were put back
 */

const LASTING =
  'error [SHIM_REFUSED]: a shim freezes intrinsics, or defines properties on them that cannot be changed back\n' +
  'hint: load only parts of the package as a shim\n';

// `then` and `toJSON` are called by host code with objects of its own, and well-known symbols by the language.
const CALLED_BY_HOST = new Set(['then', 'toJSON']);

/**
 * @param {Change} change an addition
 * @returns {string} why no policy can allow it; '' if one can
 */
const neverAllowed = ({ place, key }) => {
  if (place === 'Object.prototype') return 'every object of the host would inherit it';
  if (CALLED_BY_HOST.has(key) || /^\[Symbol\.(?!for\()|^\[Symbol\.for\(nodejs\./.test(key))
    return 'code of the host calls it';
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
 * @param {unknown} error
 * @returns {string} its message, without a call of its code
 */
const messageOf = (error) => {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return typeof error;
  const property = Object.getOwnPropertyDescriptor(error, 'message');
  return typeof property?.value === 'string' ? property.value : 'an object without a message';
};

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
  for (const name of ['Compartment', 'lockdown', 'harden', 'assert'])
    Reflect.deleteProperty(globalThis, name);
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
 * @param {ReadonlyArray<Shim>} shims
 * @param {(message: string) => void} end ends the host without a call of a function of the language: functions of a
 *   shim may be in their place
 * @param {(run: ShimRun) => void} [record] called with what each shim adds; without it, the policy must list that
 * @returns {RunShims} throws ShimRefused, with all intrinsics as they were before the shim
 */
export const shimRunner = (shims, end, record) => (language) => {
  const { globalThis, functorOf, twins } = makeDomain(language);
  const modules = makeShimModules(functorOf);
  const starts = shims.map(({ module }) => modules.runnable(module));
  const before = new Set(Reflect.ownKeys(globalThis));
  /** @type {Array<[object, string]>} */
  const roots = [
    [globalThis, 'globalThis'],
    ...hiddenPrototypes().map(
      (object, index) => /** @type {[object, string]} */ ([object, hiddenName(object, index)]),
    ),
  ];
  // The global object inherits from it, which is no name for it.
  const names = new Map([[Object.prototype, 'Object.prototype']]);
  for (let index = 0; index < shims.length; index += 1) {
    const shim = /** @type {Shim} */ (shims[index]);
    const start = /** @type {() => void} */ (starts[index]);
    const state = stateOfRealm(roots, names, 'Intl');
    let failed = false;
    /** @type {unknown} */
    let thrown;
    try {
      start();
    } catch (error) {
      failed = true;
      thrown = error;
    }
    const comparison = state.compare();
    if (comparison.lasting.length > 0 || (failed && !state.undo())) {
      end(LASTING);
      throw new ShimRefused('a shim changed the language for good', '');
    }
    if (failed)
      throw new ShimRefused(
        `the shim '${shim.label}/${shim.path}' throws: ${messageOf(thrown)}`,
        'a shim has only the language: no builtins, no globals of the host and no evaluation of text',
      );
    try {
      check(shim, comparison, record !== undefined);
    } catch (error) {
      if (!state.undo()) end(LASTING);
      throw error;
    }
    for (const [own, twin] of twins) copyAdded(own, twin);
    record?.({ shim, adds: byObject(comparison.added), restored: byObject(comparison.changed) });
  }
  const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key));
  const globals = Object.fromEntries(
    added.filter((key) => typeof key === 'string').map((key) => [key, globalThis[key]]),
  );
  return { globals, modules: modules.modules() };
};

/**
 * @param {object} object
 * @param {number} index
 */
const hiddenName = (object, index) => {
  const tag = /** @type {any} */ (object)[Symbol.toStringTag];
  return `%${typeof tag === 'string' ? tag : index}%`;
};
