// ECMAScript modules: their records, and the calling convention of their functors (Endo's).
import { exportNameOf, resolveExport } from '../cyclic-modules/exports.js';
import { dirnameOf, filenameOf, urlOf } from '../base/locations.js';
import { namespaceOf } from '../cyclic-modules/namespace.js';
import {
  makeCell,
  makeCyclicRecord,
  readCell,
  requestedBy,
  setCell,
  subscribe,
} from '../cyclic-modules/records.js';
import { fileModule } from '../compartment/package.js';
import { unfinishedView } from '../views/read-only.js';

/** @import { EsmSource } from '../archive/module-source.js' */
/** @import { Cell, CyclicRecord, ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { EvaluatedModule } from '../protocols/modules.js' */
/** @import { Package } from '../protocols/package.js' */

/**
 * @typedef {Array<[specifier: string, Array<[importName: string, Array<(value: unknown) => void>]>]>} Updates
 */

/**
 * How importers see the exports of a module: directly, or as read-only views while the module is being evaluated in a
 * cycle with modules of other packages.
 *
 * @typedef {object} Exposure
 * @property {(cell: Cell, value: unknown) => void} notifyImporters called with a new value
 * @property {() => void} cross called when another package imports it before its evaluation
 * @property {() => void} finish called after its evaluation
 */

/** @type {WeakMap<object, Exposure>} by record */
const exposures = new WeakMap();

/** @returns {Exposure} */
const makeExposure = () => {
  /** @type {Map<Cell, unknown>} */
  const values = new Map();
  let isCrossPackage = false;
  let finished = false;
  const isFinished = () => finished;
  return {
    notifyImporters(cell, value) {
      if (!finished) values.set(cell, value);
      setCell(cell, isCrossPackage ? unfinishedView(value, isFinished) : value);
    },
    cross() {
      if (isCrossPackage || finished) return;
      isCrossPackage = true;
      for (const [cell, value] of values) setCell(cell, unfinishedView(value, isFinished));
    },
    finish() {
      finished = true;
      if (isCrossPackage) for (const [cell, value] of values) setCell(cell, value);
      values.clear();
    },
  };
};

/**
 * @param {CyclicRecord} record
 * @param {ModuleRecord} target that it imports from
 */
const noteCrossing = (record, target) => {
  if (target.owner !== record.owner) exposures.get(target)?.cross();
};

/**
 * @param {CyclicRecord} record
 * @param {string} specifier
 * @param {string} importName
 * @returns {import('../cyclic-modules/records.js').Resolution} without a cell: the namespace
 */
const importedBinding = (record, specifier, importName) => {
  const requested = requestedBy(record, specifier);
  noteCrossing(record, requested);
  if (importName === '*') return { record: requested, cell: undefined };
  const resolution = resolveExport(requested, exportNameOf(importName));
  if (resolution === undefined || resolution === 'ambiguous') {
    throw new SyntaxError(
      `The requested module '${specifier}' does not provide an export named '${importName}'`,
    );
  }
  noteCrossing(record, resolution.record);
  return resolution;
};

/**
 * @param {CyclicRecord} record
 * @returns {(updates: Updates) => void} the `imports` argument of a functor; it executes no module
 */
const makeImports = (record) => (updates) => {
  for (const [specifier, names] of updates) {
    for (const [importName, updaters] of names) {
      const { cell, record: imported } = importedBinding(record, specifier, importName);
      for (const updater of updaters) {
        if (cell !== undefined) subscribe(cell, updater);
        else updater(namespaceOf(imported));
      }
    }
  }
};

/**
 * @param {Package} pkg
 * @param {string} key
 * @param {boolean} main
 * @param {string} suffix of its URL
 * @returns {object} `import.meta`
 */
const makeImportMeta = (pkg, key, main, suffix) => {
  const filename = filenameOf(pkg.name, `./${fileModule(pkg, key).location}`);
  const resolve = /** @param {unknown} specifier */ (specifier) =>
    pkg.application.linker.resolveToUrl(pkg, key, 'import', `${specifier}`);
  return Object.assign(Object.create(null), {
    dirname: dirnameOf(filename),
    filename,
    main,
    resolve,
    url: `${urlOf(filename)}${suffix}`,
  });
};

/**
 * @param {Map<string, Cell>} cells
 * @param {Iterable<string>} locals
 * @param {Exposure} exposure
 */
const notifiers = (cells, locals, { notifyImporters }) => {
  const notify = Object.create(null);
  for (const local of locals) {
    const cell = /** @type {Cell} */ (cells.get(local));
    notify[local] = (/** @type {unknown} */ value) => {
      notifyImporters(cell, value);
      return value;
    };
  }
  return Object.freeze(notify);
};

/**
 * Accessors for exported variables in the module's scope: code of Endo's compiler assigns to them.
 *
 * @param {EsmSource} source
 * @param {Map<string, Cell>} cells
 * @returns {object | undefined}
 */
const accessorsOf = (source, cells) => {
  const scope = Object.create(null);
  for (const [local, accessor] of source.live.values()) {
    if (!accessor) continue;
    const cell = /** @type {Cell} */ (cells.get(local));
    Object.defineProperty(scope, local, {
      get: () => readCell(cell),
      set: (value) => {
        readCell(cell);
        setCell(cell, value);
      },
      enumerable: true,
    });
  }
  return Object.keys(scope).length === 0 ? undefined : Object.freeze(scope);
};

/**
 * @param {EsmSource} source
 * @returns {Map<string, Cell>} by local name
 */
const cellsOf = (source) => {
  const locals = [...source.fixed.values(), ...[...source.live.values()].map(([local]) => local)];
  return new Map(locals.map((local) => [local, makeCell(local)]));
};

/**
 * @param {CyclicRecord} record
 * @param {EsmSource} source
 * @param {Map<string, Cell>} cells
 */
const declareExports = (record, source, cells) => {
  const locals = [
    ...source.fixed,
    ...[...source.live].map(([name, [local]]) => /** @type {const} */ ([name, local])),
  ];
  for (const [name, local] of locals) {
    record.exports.set(name, { cell: /** @type {Cell} */ (cells.get(local)) });
  }
  for (const [specifier, pairs] of source.reexports) {
    for (const [importName, exportName] of pairs)
      record.exports.set(exportName, { specifier, importName });
  }
};

/**
 * In a cycle of imports, hoisted functions can be called and imports must be linked before the module body runs
 * (InitializeEnvironment): the functor is a generator that suspends in between.
 *
 * @param {CyclicRecord} record
 * @param {(split: boolean) => unknown} start
 */
const initializeApart = (record, start) => {
  /** @type {() => unknown} */
  let resume;
  record.initialize = () => {
    try {
      const body = /** @type {Iterator<unknown>} */ (start(true));
      resume = () => body.next();
    } catch (error) {
      resume = () => {
        throw error;
      };
    }
  };
  record.execute = () => resume();
};

/**
 * Hardens the exports of requested modules of other packages before this module runs, and its own exports after its
 * evaluation.
 *
 * @param {CyclicRecord} record
 * @param {Package} pkg
 * @param {EvaluatedModule} module
 * @param {() => void} finish
 */
const shareAround = (record, pkg, module, finish) => {
  const { execute } = record;
  record.execute = () => {
    for (const { owner } of record.requested.values())
      if (owner !== pkg) /** @type {Package} */ (owner).crossPackageExports.share();
    const done = pkg.crossPackageExports.during(execute);
    const evaluated = () => {
      finish();
      pkg.crossPackageExports.evaluated(module);
    };
    if (record.hasTLA) /** @type {Promise<unknown>} */ (done).then(evaluated, () => undefined);
    else evaluated();
    return done;
  };
};

/**
 * @param {Map<string, Cell>} cells
 * @param {EsmSource} source
 * @returns {EvaluatedModule}
 */
const evaluatedModule = (cells, source) => ({
  source: source.functor,
  exports: () =>
    [...cells.values()]
      .filter(({ ready }) => ready)
      .map(({ name, value }) => [value, name === source.fixed.get('default') ? 'whole' : 'part']),
  watch: (listener) => {
    for (const cell of cells.values()) cell.listeners.push(listener);
  },
});

/**
 * @param {Package} pkg
 * @param {string} key
 * @param {EsmSource} source
 * @param {boolean} main whether it is the entry module
 * @param {string} [suffix] query and fragment of the import
 * @returns {CyclicRecord}
 * @throws {SyntaxError} if the source is no valid module
 */
export const makeEsmRecord = (pkg, key, source, main, suffix = '') => {
  const filename = filenameOf(pkg.name, `./${fileModule(pkg, key).location}`);
  if (source.syntaxError !== undefined) throw new SyntaxError(source.syntaxError);
  const { requests, stars, importNames = new Map(), async: hasTLA } = source;
  const record = makeCyclicRecord(pkg, key, filename, {
    source,
    requests,
    stars,
    importNames,
    hasTLA,
  });
  const cells = cellsOf(source);
  declareExports(record, source, cells);
  const exposure = makeExposure();
  if (pkg.application.hardens) exposures.set(record, exposure);
  const accessors = accessorsOf(source, cells);
  if (accessors !== undefined) pkg.lexicals.set(key, accessors);
  const start = (/** @type {boolean} */ split) => {
    const functor = pkg.functorOf(key);
    const dynamicImport = (/** @type {unknown} */ specifier, /** @type {unknown} */ options) =>
      pkg.application.linker.importDynamically(pkg, key, specifier, options);
    return functor(
      Object.freeze({
        imports: makeImports(record),
        onceVar: notifiers(cells, source.fixed.values(), exposure),
        liveVar: notifiers(
          cells,
          [...source.live.values()].map(([local]) => local),
          exposure,
        ),
        import: dynamicImport,
        eval: pkg.directEval(false),
        importMeta: source.needsImportMeta ? makeImportMeta(pkg, key, main, suffix) : undefined,
        split,
      }),
    );
  };
  record.execute = () => start(false);
  if (source.split) initializeApart(record, start);
  shareAround(record, pkg, evaluatedModule(cells, source), exposure.finish);
  return record;
};

/**
 * The result of `require` for a module with a default export: its namespace with `__esModule`, as in Node.
 *
 * @param {CyclicRecord} original linked
 * @returns {CyclicRecord}
 */
export const makeFacade = (original) => {
  const specifier = 'original';
  const facade = makeCyclicRecord(original.owner, original.key, original.filename, {
    source: undefined,
    requests: [],
    stars: [specifier],
    importNames: new Map(),
    hasTLA: false,
  });
  facade.requested.set(specifier, original);
  const marker = makeCell('__esModule');
  setCell(marker, true);
  facade.exports.set('default', { specifier, importName: 'default' });
  facade.exports.set('__esModule', { cell: marker });
  facade.status = 'evaluated';
  return facade;
};
