// CommonJS of one package, as in Node: module objects, their cache, `require` and its properties.
import { codedTypeError } from '../base/errors.js';
import { dirnameOf, isRelative, nodeModulesPaths, resolveKey } from '../base/locations.js';

/** @import { CjsModule, CommonJs, Require } from '../protocols/modules.js' */

/**
 * @typedef {object} CjsHooks hooks into the linker
 * @property {string} entryFilename of the application's entry module, '' if it is in another package
 * @property {(filename: string) => string | undefined} keyOf
 * @property {(filename: string) => string | undefined} keyAt the same, whether or not the module exists
 * @property {(key: string, module: CjsModule) => void} execute sets `module.exports`
 * @property {(specifier: string, key: string, from: CjsModule) => unknown} require
 * @property {(specifier: string, key: string, folders: string[] | undefined) => string} resolve
 * @property {(specifier: string, place: string | undefined) => string | undefined} findPackageJSON
 * @property {() => object | undefined} foreignMain a view of the application's entry module, for another package
 * @property {(source: string) => unknown} evaluate like `eval` of the package
 * @property {(specifier: string) => boolean} isBuiltin
 * @property {ReadonlyArray<string>} builtinModules
 */

/** @param {unknown} specifier */
const checkSpecifier = (specifier) => {
  if (typeof specifier !== 'string') {
    throw codedTypeError(
      'ERR_INVALID_ARG_TYPE',
      `The "id" argument must be of type string. Received ${specifier === null ? 'null' : typeof specifier}`,
    );
  }
  if (specifier === '') {
    throw codedTypeError(
      'ERR_INVALID_ARG_VALUE',
      "The argument 'id' must be a non-empty string. Received ''",
    );
  }
};

/**
 * @param {CjsHooks} hooks
 * @param {Record<string, CjsModule>} cache
 * @param {Record<string, unknown>} extensions
 * @param {() => object | undefined} main
 * @returns {CommonJs['makeRequire']}
 */
const requireMaker = (hooks, cache, extensions, main) => (module, key) => {
  const require = /** @type {Require} */ (
    function require(specifier) {
      checkSpecifier(specifier);
      return hooks.require(specifier, key, module);
    }
  );
  const resolve = (/** @type {string} */ specifier, /** @type {any} */ options) => {
    checkSpecifier(specifier);
    const folders = options?.paths;
    return hooks.resolve(specifier, key, Array.isArray(folders) ? folders : undefined);
  };
  const paths = /** @param {string} specifier */ (specifier) => {
    checkSpecifier(specifier);
    if (hooks.isBuiltin(specifier)) return null;
    return /^\.{1,2}\//.test(specifier) ? [module.path] : [...module.paths];
  };
  require.resolve = Object.assign(resolve, { paths });
  require.main = /** @type {any} */ (main());
  require.extensions = extensions;
  require.cache = cache;
  return require;
};

/**
 * @param {Require} original
 * @param {string} folder of another package
 * @returns {Require} resolves relative specifiers from that folder
 */
const fromElsewhere = (original, folder) => {
  const placed = (/** @type {unknown} */ specifier) =>
    typeof specifier === 'string' && isRelative(specifier)
      ? `${resolveKey(`.${folder}/${specifier}`, './')}`.slice(1)
      : specifier;
  const { resolve } = /** @type {any} */ (original);
  const require = /** @type {any} */ (
    (/** @type {unknown} */ specifier) => original(/** @type {string} */ (placed(specifier)))
  );
  Object.assign(require, original);
  require.resolve = Object.assign((/** @type {unknown} */ s) => resolve(placed(s)), resolve);
  return require;
};

const WRAPPER = ['(function (exports, require, module, __filename, __dirname) { ', '\n});'];

/** @returns {object} Node's module wrapper; as in Node, changes to it have no effect */
const wrappers = () => {
  const wrapper = [...WRAPPER];
  return { wrapper, wrap: (/** @type {string} */ source) => `${wrapper[0]}${source}${wrapper[1]}` };
};

/**
 * @param {CjsHooks} hooks
 * @param {(place: string) => Require} createRequire
 * @returns {object} functions of `Module` that load and resolve, with the same results as for modules of the package
 */
const loaders = (hooks, createRequire) => {
  /**
   * @param {any} parent a module
   * @returns {Require}
   */
  const requireOf = (parent) => createRequire(parent?.filename ?? parent?.id ?? '/noop.js');
  return {
    _resolveFilename: (
      /** @type {string} */ specifier,
      /** @type {unknown} */ parent,
      /** @type {unknown} */ _isMain,
      /** @type {unknown} */ options,
    ) => /** @type {any} */ (requireOf(parent)).resolve(specifier, options),
    _load: (/** @type {string} */ specifier, /** @type {unknown} */ parent) =>
      requireOf(parent)(specifier),
    findPackageJSON: (/** @type {unknown} */ specifier, /** @type {unknown} */ place) =>
      hooks.findPackageJSON(`${specifier}`, place === undefined ? undefined : `${place}`),
  };
};

/**
 * The class of the package's module objects; `require('module')` returns it too.
 *
 * @param {CjsHooks} hooks
 * @param {(filename: string) => Require} createRequire
 * @param {object} statics
 */
const makeModuleClass = (hooks, createRequire, statics) => {
  /**
   * @this {any}
   * @param {string} [id]
   * @param {CjsModule} [parent]
   */
  function Module(id = '', parent) {
    this.id = id;
    this.path = dirnameOf(id);
    this.exports = {};
    Object.defineProperty(this, 'parent', { value: parent, writable: true, configurable: true });
    this.filename = null;
    this.loaded = false;
    this.children = [];
  }
  Object.defineProperty(Module.prototype, 'require', {
    value: /** @this {CjsModule} */ function require(/** @type {string} */ specifier) {
      checkSpecifier(specifier);
      const key = hooks.keyOf(this.filename);
      if (key === undefined) throw new TypeError('not a module of this package');
      return hooks.require(specifier, key, this);
    },
    writable: true,
    configurable: true,
  });
  // The package could evaluate the source anyway: https://nodejs.org/api/modules.html#the-module-wrapper.
  Object.defineProperty(Module.prototype, '_compile', {
    value: /** @this {CjsModule} */ function _compile(
      /** @type {unknown} */ content,
      /** @type {unknown} */ place,
    ) {
      const filename = `${place ?? this.filename ?? ''}`;
      const source = `${content}`.replace(/^#!/, '//');
      const functor = /** @type {Function} */ (
        hooks.evaluate(`${WRAPPER[0]}${source}${WRAPPER[1]}`)
      );
      const require = createRequire(filename.startsWith('/') ? filename : `/${filename}`);
      const given = [this.exports, require, this, filename, dirnameOf(filename)];
      return Reflect.apply(functor, this.exports, given);
    },
    writable: true,
    configurable: true,
  });
  return Object.assign(Module, {
    builtinModules: [...hooks.builtinModules],
    isBuiltin: hooks.isBuiltin,
    createRequire,
    Module,
    ...statics,
  });
};

/**
 * @param {CjsModule | undefined} parent
 * @param {CjsModule} child
 */
const adopt = (parent, child) => {
  if (Array.isArray(parent?.children) && !parent.children.includes(child))
    parent.children.push(child);
};

/**
 * @param {CjsHooks} hooks
 * @param {(filename: string) => string} toFilename converts the argument of createRequire
 * @returns {CommonJs}
 */
export const makeCommonJs = (hooks, toFilename) => {
  /** @type {Record<string, CjsModule>} */
  const cache = Object.create(null);
  const extensions = Object.create(null);
  const main = () => cache[hooks.entryFilename] ?? hooks.foreignMain();
  const makeRequire = requireMaker(hooks, cache, extensions, main);

  /** @param {string} place a path or a `file:` URL */
  const createRequire = (place) => {
    const filename = toFilename(place);
    const key = hooks.keyOf(filename) ?? hooks.keyAt(filename);
    const require = makeRequire(newModule(filename, undefined), key ?? './');
    return key === undefined ? fromElsewhere(require, dirnameOf(filename)) : require;
  };
  const statics = {
    _cache: cache,
    _extensions: extensions,
    _nodeModulePaths: Object.freeze(nodeModulesPaths),
    ...wrappers(),
    ...loaders(hooks, createRequire),
  };
  const Module = /** @type {any} */ (makeModuleClass(hooks, createRequire, statics));

  /**
   * @param {string} filename
   * @param {object | null | undefined} parent
   * @returns {CjsModule}
   */
  const newModule = (filename, parent) => {
    const module = new Module(filename, parent);
    if (filename === hooks.entryFilename) module.id = '.';
    module.filename = filename;
    module.paths = nodeModulesPaths(module.path);
    return module;
  };

  /** @type {CommonJs['load']} */
  const load = (filename, key, parent, view) => {
    const known = cache[filename];
    if (known !== undefined) {
      adopt(parent, known);
      return known;
    }
    const isMain = filename === hooks.entryFilename && parent === undefined;
    const module = newModule(filename, parent ?? view ?? (isMain ? null : undefined));
    cache[filename] = module;
    adopt(parent, module);
    let done = false;
    try {
      hooks.execute(key, module);
      done = true;
    } finally {
      if (!done) {
        delete cache[filename]; // as in Node, a module that threw may be required again
        const index = parent?.children.indexOf(module) ?? -1;
        if (index >= 0) parent?.children.splice(index, 1);
      }
    }
    module.loaded = true;
    return module;
  };
  return { load, makeRequire, createRequire, Module };
};
