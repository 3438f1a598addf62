// Globals that one package defines for others: the policy grants which packages may assign or read one. Members of
// language objects (`Reflect.decorate`) work in the same way; the packages involved get their own copies of the
// object.
import { isObject } from '../base/objects.js';
import { frozenAccessor } from '../views/view.js';
import { STATICS } from '../base/authority.js';
import { ownProperty } from '../base/descriptors.js';
import { unfinishedView } from '../views/read-only.js';
import { needStackToHarden } from '../base/stack-space.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package, Application } from '../protocols/package.js' */

/**
 * @typedef {object} Made a global that packages may define
 * @property {Set<Package>} makers packages that may define it on their own object
 * @property {{ owner: Package, value: unknown } | undefined} assigned by the last assignment
 */

/** @type {WeakMap<Application, Map<string, Made>>} */
const applications = new WeakMap();

/**
 * @param {Application} application
 * @param {string} path
 * @returns {Made}
 */
const madeAt = (application, path) => {
  const paths = applications.get(application) ?? new Map();
  applications.set(application, paths);
  const made = paths.get(path) ?? { makers: new Set(), assigned: undefined };
  paths.set(path, made);
  return made;
};

/** @type {WeakSet<Function>} getters that are defined here */
const ownGetters = new WeakSet();

/** @type {WeakMap<object, boolean>} values that other packages got, and whether they are locked */
const exported = new WeakMap();

/**
 * Locks a value for another package like a cross-package export. While the defining package is being evaluated, the
 * other one gets a view.
 *
 * @param {Package} owner
 * @param {unknown} value
 */
const exportedValue = (owner, value) => {
  if (!isObject(value)) return value;
  const { crossPackageExports, application } = owner;
  if (!exported.has(value)) {
    needStackToHarden(); // otherwise the value would count as locked
    const { source } = owner;
    const locks = crossPackageExports.locks(value, source);
    crossPackageExports.evaluated({ source, exports: () => [[value, 'whole']] });
    crossPackageExports.share();
    exported.set(value, locks);
  }
  const isFinished = () => !crossPackageExports.isEvaluating();
  return application.hardens && exported.get(value) ? unfinishedView(value, isFinished) : value;
};

/**
 * @param {Made} made
 * @param {Package} pkg the reading package
 * @param {string} path
 * @returns {(() => unknown) | undefined} undefined: no package has defined it
 */
const findMade = (made, pkg, path) => {
  const { assigned } = made;
  if (assigned !== undefined) {
    return () =>
      assigned.owner === pkg ? assigned.value : exportedValue(assigned.owner, assigned.value);
  }
  for (const maker of made.makers) {
    const { holder, key } = holderOf(maker, path);
    const property = maker === pkg || holder === undefined ? undefined : ownProperty(holder, key);
    if (property === undefined || (property.get && ownGetters.has(property.get))) continue;
    return () => exportedValue(maker, holder?.[key]);
  }
  return undefined;
};

/**
 * @param {Package} pkg
 * @param {string} path
 * @returns {{ holder: AnyObject | undefined, key: string }}
 */
const holderOf = (pkg, path) => {
  const [first = '', member] = path.split('.');
  const { globalThis } = pkg.compartment;
  return member === undefined
    ? { holder: globalThis, key: first }
    : { holder: /** @type {AnyObject} */ (globalThis[/** @type {never} */ (first)]), key: member };
};

/**
 * @param {Package} pkg
 * @param {AnyObject} holder
 * @param {string} key
 * @param {{ path: string, writes: boolean }} grant
 */
const defineMade = (pkg, holder, key, { path, writes }) => {
  const made = madeAt(pkg.application, path);
  const host = ownProperty(holder, key);
  /** @type {{ value: unknown } | undefined} */
  let read = host?.get ? undefined : { value: host?.value };
  const ofHost = () => {
    if (read === undefined) {
      read = { value: Reflect.apply(/** @type {() => unknown} */ (host?.get), holder, []) };
      install(); // the first read replaces the accessor
    }
    return read.value;
  };
  const get = () => (findMade(made, pkg, path) ?? ofHost)();
  const own = (/** @type {unknown} */ value) =>
    Object.defineProperty(holder, key, {
      ...{ value, writable: true, enumerable: true, configurable: true },
    });
  const set = (/** @type {unknown} */ value) => {
    if (writes) made.assigned = { owner: pkg, value };
    else own(value);
  };
  const accessor = frozenAccessor(get, set);
  ownGetters.add(/** @type {Function} */ (accessor.get));
  const install = () =>
    Object.defineProperty(holder, key, { ...accessor, enumerable: host?.enumerable ?? true });
  install();
  if (writes) made.makers.add(pkg);
};

/**
 * @param {Function} shared an intrinsic constructor
 * @returns {Function} another constructor with the same instances
 */
const ownConstructor = (shared) => {
  /** @this {unknown} */
  const own = function own(/** @type {unknown[]} */ ...args) {
    if (new.target === undefined) return Reflect.apply(shared, this, args);
    return Reflect.construct(shared, args, new.target === own ? shared : new.target);
  };
  return own;
};

/**
 * Binds a static method: `this` of an intrinsic static method is the constructor of the result.
 *
 * @param {Function} method
 * @param {object} shared
 * @param {object} own
 */
const ownMethod = (method, shared, own) => {
  const { [method.name]: bound } = {
    [method.name](/** @type {unknown[]} */ ...args) {
      return Reflect.apply(method, this === own ? shared : this, args);
    },
  };
  return bound;
};

/**
 * Gives a package its own copy of a language object that it modifies.
 *
 * @param {AnyObject} globalThis
 * @param {string} name
 */
const ownStatics = (globalThis, name) => {
  const shared = globalThis[name];
  const own = typeof shared === 'function' ? ownConstructor(shared) : {};
  Object.setPrototypeOf(own, Object.getPrototypeOf(shared));
  for (const key of Reflect.ownKeys(shared)) {
    const property = /** @type {PropertyDescriptor} */ (ownProperty(shared, key));
    const isOwn = key !== 'prototype';
    const { value } = property;
    const isMethod = isOwn && typeof shared === 'function' && typeof value === 'function';
    if ('value' in property) property.writable = isOwn;
    Object.defineProperty(own, key, {
      ...property,
      ...(isMethod && { value: ownMethod(value, shared, own) }),
      configurable: isOwn,
    });
  }
  Object.defineProperty(globalThis, name, {
    ...{ value: own, writable: true, enumerable: false, configurable: true },
  });
};

/**
 * @param {Package} pkg
 * @param {AnyObject} globalThis of its compartment, with its host globals
 */
export const installMadeGlobals = (pkg, globalThis) => {
  const { policy, names, application } = pkg;
  const { hostGlobals, languageNames } = application.powers;
  const granted = policy.globals instanceof Map ? [...policy.globals] : [];
  const wanted = granted.filter(([path, grant]) => grant !== false && path.split('.').length < 3);
  const members = wanted.filter(([path]) => path.includes('.'));
  for (const name of STATICS) {
    const isChanged = [...names.assigns, ...members.map(([path]) => path)].some((path) =>
      path.startsWith(`${name}.`),
    );
    if (isChanged && globalThis[name] !== undefined) ownStatics(globalThis, name);
  }
  for (const [path, grant] of wanted) {
    const [first = '', member] = path.split('.');
    const isHost = hostGlobals.includes(first);
    const writes = grant === 'write';
    if (member === undefined) {
      const isMade = writes || !isHost || application.madeGlobals.has(path);
      if (isMade && !languageNames.includes(first))
        defineMade(pkg, globalThis, path, { path, writes });
    } else if (STATICS.includes(first) && !Object.hasOwn(globalThis[first] ?? {}, member)) {
      defineMade(pkg, globalThis[first], member, { path, writes });
    }
  }
};

/**
 * @param {ReadonlyArray<import('../policy/policy-format.js').PackagePolicy>} policies
 * @returns {Set<string>} globals that some package may define
 */
export const madeGlobalsOf = (policies) =>
  new Set(
    policies.flatMap(({ globals }) =>
      globals instanceof Map
        ? [...globals].filter(([, grant]) => grant === 'write').map(([path]) => path)
        : [],
    ),
  );
