// Loads the modules of shims, all synchronously. A shim may replace functions of the language while it runs, so this
// calls none of them, and no object of the runtime is within its reach.

import { OPEN, bareProperty, uncurried } from './realm.js';

/** @import { Functor } from '../protocols/modules.js' */
/** @import { ShimmedModule } from '../protocols/powers.js' */
/** @import { ShimModule } from './graph.js' */

/**
 * @typedef {object} Cell of an export
 * @property {boolean} ready
 * @property {unknown} value
 * @property {Array<(value: unknown) => void>} listeners
 *
 * @typedef {object} Instance
 * @property {ShimModule} module
 * @property {Functor | undefined} functor
 * @property {unknown[]} given to its functor: made before a shim runs, because names of functions are defined then
 * @property {boolean} started
 * @property {{ exports: unknown, id: string, filename: string, loaded: boolean }} cjs
 * @property {Record<string, Cell>} cells by exported name
 * @property {Record<string, Instance | undefined>} targets by specifier
 * @property {object} namespace
 * @property {Record<string, { specifier: string, importName: string }>} again re-exports by exported name
 * @property {object} once setters of exported constants, by local name
 * @property {object} live setters of exported variables
 */

const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { freeze, hasOwn, keys: keysOf } = Object;
const sort = uncurried(Array.prototype.sort);

/** @returns {any} an object that inherits nothing */
const bare = () => ({ __proto__: null });

/**
 * @param {object} object
 * @param {string} key
 * @param {() => unknown} get
 */
const defineGetter = (object, key, get) =>
  defineProperty(object, key, bareProperty({ get, enumerable: true, configurable: true }));

/**
 * @template T
 * @param {T[]} list
 * @param {T} value
 */
const append = (list, value) => defineProperty(list, list.length, bareProperty({ value, ...OPEN }));

/** @param {string} text */
const wrong = (text) => new TypeError(text);

/** @returns {Cell} */
const newCell = () =>
  /** @type {any} */ ({ __proto__: null, ready: false, value: undefined, listeners: [] });

/**
 * @param {Cell} cell
 * @param {unknown} value
 */
const setCell = (cell, value) => {
  cell.ready = true;
  cell.value = value;
  const { listeners } = cell;
  for (let index = 0; index < listeners.length; index += 1)
    /** @type {(value: unknown) => void} */ (listeners[index])(value);
};

/** @param {Cell} cell */
const readCell = (cell) => {
  if (!cell.ready) throw new ReferenceError('an export is used before its initialization');
  return cell.value;
};

/**
 * @param {unknown} exports of a CommonJS or JSON module
 * @param {string} name
 */
const memberOf = (exports, name) => {
  if (name === 'default' || name === 'module.exports') return exports;
  return exports === null || exports === undefined ? undefined : /** @type {any} */ (exports)[name];
};

/**
 * @param {Instance} instance
 * @param {string} name
 * @param {Record<string, true>} way of `export *` so far
 * @returns {Cell | Instance | undefined} an instance: its namespace
 */
const resolveExport = (instance, name, way) => {
  const { source, file } = instance.module;
  if (source.kind !== 'esm') {
    const cell = newCell();
    setCell(cell, memberOf(instance.cjs.exports, name));
    return cell;
  }
  if (hasOwn(instance.cells, name)) return instance.cells[name];
  if (hasOwn(way, file)) return undefined;
  way[file] = true;
  const { again } = instance;
  if (hasOwn(again, name)) {
    const { specifier, importName } = /** @type {{ specifier: string, importName: string }} */ (
      again[name]
    );
    const target = /** @type {Instance} */ (instance.targets[specifier]);
    return importName === '*' ? target : resolveExport(target, importName, way);
  }
  if (name === 'default') return undefined;
  const { stars } = source;
  for (let index = 0; index < stars.length; index += 1) {
    const target = instance.targets[/** @type {string} */ (stars[index])];
    const found = target && resolveExport(target, name, way);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * @param {Cell | Instance} found
 * @returns {unknown}
 */
const valueOf = (found) => ('listeners' in found ? readCell(found) : namespaceOf(found));

/**
 * @param {Instance} instance
 * @param {(name: string) => void} visit
 * @param {Record<string, true>} way
 */
const visitNames = (instance, visit, way) => {
  const { source, file } = instance.module;
  if (hasOwn(way, file)) return;
  way[file] = true;
  if (source.kind !== 'esm') {
    const { exports } = instance.cjs;
    const names = typeof exports === 'object' && exports !== null ? keysOf(exports) : [];
    for (let index = 0; index < names.length; index += 1)
      visit(/** @type {string} */ (names[index]));
    return;
  }
  const names = keysOf(instance.cells);
  for (let index = 0; index < names.length; index += 1) visit(/** @type {string} */ (names[index]));
  const again = keysOf(instance.again);
  for (let index = 0; index < again.length; index += 1) visit(/** @type {string} */ (again[index]));
  for (let index = 0; index < source.stars.length; index += 1) {
    const target = instance.targets[/** @type {string} */ (source.stars[index])];
    if (target !== undefined)
      visitNames(target, (name) => (name === 'default' ? undefined : visit(name)), way);
  }
};

/**
 * @param {Instance} instance
 * @returns {object}
 */
const namespaceOf = (instance) => {
  const { namespace } = instance;
  /** @type {string[]} */
  const names = [];
  visitNames(instance, (name) => append(names, name), bare());
  sort(names);
  for (let index = 0; index < names.length; index += 1) {
    const name = /** @type {string} */ (names[index]);
    if (hasOwn(namespace, name)) continue;
    defineGetter(namespace, name, () => {
      const found = resolveExport(instance, name, bare());
      return found === undefined ? undefined : valueOf(found);
    });
  }
  if (instance.module.source.kind !== 'esm')
    defineGetter(namespace, 'default', () => instance.cjs.exports);
  return namespace;
};

/**
 * @param {Instance} instance
 * @param {any} updates see the calling convention of functors in `linker/esm.js`
 */
const bindImports = (instance, updates) => {
  for (let one = 0; one < updates.length; one += 1) {
    const specifier = updates[one][0];
    const names = updates[one][1];
    const target = /** @type {Instance} */ (instance.targets[specifier]);
    for (let two = 0; two < names.length; two += 1) {
      const name = names[two][0];
      const updaters = names[two][1];
      const found = name === '*' ? target : resolveExport(target, name, bare());
      if (found === undefined)
        throw new SyntaxError(`'${specifier}' does not provide an export named '${name}'`);
      for (let three = 0; three < updaters.length; three += 1) {
        const updater = updaters[three];
        if (!('listeners' in found)) updater(namespaceOf(found));
        else {
          append(found.listeners, updater);
          if (found.ready) updater(found.value);
        }
      }
    }
  }
};

// The one part of a builtin that polyfills read: the symbol that names the method for `util.inspect`.
const util = freeze({ inspect: freeze({ custom: Symbol.for('nodejs.util.inspect.custom') }) });

/**
 * @param {Instance} instance
 * @returns {unknown[]} the arguments of its functor
 */
const argumentsOfEsm = (instance) => {
  const { once, live, module } = instance;
  const { file, filename } = module;
  const given = {
    __proto__: null,
    imports: (/** @type {unknown} */ updates) => bindImports(instance, updates),
    onceVar: once,
    liveVar: live,
    split: false,
    import: () => {
      throw wrong(`${file}: a shim can't import() while it runs`);
    },
    eval: undefined,
    importMeta: { __proto__: null, url: `file://${filename}`, filename },
  };
  return [given];
};

/**
 * @param {Instance} instance
 * @returns {unknown[]} the arguments of its functor
 */
const argumentsOfCjs = ({ cjs, targets, module }) => {
  const { file, filename, dirname } = module;
  const require = (/** @type {unknown} */ specifier) => {
    if (specifier === 'util' || specifier === 'node:util') return util;
    const target = typeof specifier === 'string' ? targets[specifier] : undefined;
    if (target !== undefined) return run(target);
    const name = typeof specifier === 'string' ? specifier : '';
    const error = wrong(`Cannot find module '${name}': a shim has none of the host`);
    defineProperty(error, 'code', bareProperty({ value: 'MODULE_NOT_FOUND' }));
    throw error;
  };
  const none = () => {
    throw wrong(`${file}: a shim can't import() or eval while it runs`);
  };
  return [require, cjs.exports, cjs, filename, dirname, none, none];
};

/**
 * @param {Instance} instance
 * @param {ShimModule['source']} source
 */
const start = (instance, source) => {
  const { targets, functor, module, cjs } = instance;
  for (let index = 0; source.kind === 'esm' && index < source.requests.length; index += 1) {
    const specifier = /** @type {string} */ (source.requests[index]);
    const target = targets[specifier];
    if (target === undefined) throw wrong(`${module.file}: a shim can't import '${specifier}'`);
    run(target);
  }
  const receiver = source.kind === 'esm' ? undefined : cjs.exports;
  apply(/** @type {Functor} */ (functor), receiver, instance.given);
  cjs.loaded = true;
};

/**
 * @param {Instance} instance
 * @returns {unknown} its exports, or its namespace
 */
const run = (instance) => {
  const { source } = instance.module;
  if (!instance.started) {
    instance.started = true;
    if (source.kind !== 'json') start(instance, source);
  }
  return source.kind === 'esm' ? namespaceOf(instance) : instance.cjs.exports;
};

/**
 * @param {ShimModule} module
 * @param {Functor | undefined} functor
 * @returns {Instance}
 */
const newInstance = (module, functor) => {
  const { source, filename } = module;
  const exports = source.kind === 'json' ? source.value : {};
  const [cells, again, once, live, targets] = [bare(), bare(), bare(), bare(), bare()];
  if (source.kind === 'esm') {
    const setter = (/** @type {Cell} */ cell) => (/** @type {unknown} */ value) => {
      setCell(cell, value);
      return value;
    };
    for (const [name, local] of source.fixed) {
      cells[name] = newCell();
      once[local] = setter(cells[name]);
    }
    const locals = bare();
    for (const [name, [local]] of source.live) {
      locals[local] ??= newCell();
      cells[name] = locals[local];
      live[local] = setter(cells[name]);
    }
    for (const [specifier, pairs] of source.reexports)
      for (const [importName, exportName] of pairs) again[exportName] = { specifier, importName };
  }
  const cjs = { exports, id: filename, filename, loaded: false };
  const own = { module, functor, started: false, cjs, cells, targets, namespace: bare() };
  /** @type {Instance} */
  const instance = Object.assign(bare(), own, { again, once: freeze(once), live: freeze(live) });
  instance.given = source.kind === 'esm' ? argumentsOfEsm(instance) : argumentsOfCjs(instance);
  return instance;
};

/**
 * Called while functions of a shim may be in place, because getters of its exports run.
 *
 * @param {Instance} instance that has run
 * @returns {ShimmedModule}
 */
const shimmed = (instance) => {
  const { compartment, key, source } = instance.module;
  if (source.kind !== 'esm') {
    const property = getOwnPropertyDescriptor(instance.cjs, 'exports');
    if (property === undefined || !hasOwn(property, 'value'))
      throw wrong('module.exports of a shim must be a value');
    return { compartment, key, exports: property.value };
  }
  const namespace = /** @type {any} */ (namespaceOf(instance));
  const exports = bare();
  const names = keysOf(namespace);
  for (let index = 0; index < names.length; index += 1) {
    const name = /** @type {string} */ (names[index]);
    exports[name] = namespace[name];
  }
  return { compartment, key, exports };
};

/**
 * @param {(module: ShimModule) => Functor} functorOf
 * @returns {{ runnable: (module: ShimModule) => () => void, modules: () => ShimmedModule[] }} `runnable` prepares a
 *   shim and all modules that it can reach; the result runs it. `modules`: those that have run
 */
export const makeShimModules = (functorOf) => {
  /** @type {Map<ShimModule, Instance>} */
  const instances = new Map();
  /** @type {Instance[]} */
  const all = [];
  /**
   * @param {ShimModule} module
   * @returns {Instance}
   */
  const instanceOf = (module) => {
    const known = instances.get(module);
    if (known !== undefined) return known;
    const functor = module.source.kind === 'json' ? undefined : functorOf(module);
    const instance = newInstance(module, functor);
    instances.set(module, instance);
    all.push(instance);
    for (const [specifier, target] of module.targets)
      if (target !== undefined) instance.targets[specifier] = instanceOf(target);
    return instance;
  };
  return {
    runnable(module) {
      const instance = instanceOf(module);
      return () => void run(instance);
    },
    modules() {
      /** @type {ShimmedModule[]} */
      const found = [];
      for (let index = 0; index < all.length; index += 1) {
        const instance = /** @type {Instance} */ (all[index]);
        if (instance.started) append(found, shimmed(instance));
      }
      return found;
    },
  };
};
