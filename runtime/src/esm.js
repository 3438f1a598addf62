// ECMAScript modules: their records, and the calling convention of their functors (Endo's).
import { exportNameOf, resolveExport } from './exports.js';
import { dirnameOf, filenameOf, urlOf } from './locations.js';
import { namespaceOf } from './namespace.js';
import {
  makeCell,
  makeCyclicRecord,
  readCell,
  requestedBy,
  setCell,
  subscribe,
} from './records.js';
import { fileModule } from './package.js';

/** @import { EsmSource } from './module-source.js' */
/** @import { Package } from './package.js' */
/** @import { Cell, CyclicRecord } from './records.js' */

/**
 * @typedef {Array<[specifier: string, Array<[importName: string, Array<(value: unknown) => void>]>]>} Updates
 */

/**
 * @param {CyclicRecord} record
 * @param {string} specifier
 * @param {string} importName
 * @returns {Cell | object} the cell, or a namespace
 */
const importedBinding = (record, specifier, importName) => {
  const requested = requestedBy(record, specifier);
  if (importName === '*') return namespaceOf(requested);
  const resolution = resolveExport(requested, exportNameOf(importName));
  if (resolution === undefined || resolution === 'ambiguous') {
    throw new SyntaxError(
      `The requested module '${specifier}' does not provide an export named '${importName}'`,
    );
  }
  return resolution.cell ?? namespaceOf(resolution.record);
};

/**
 * @param {object} binding
 * @returns {binding is Cell}
 */
const isCell = (binding) => Object.hasOwn(binding, 'listeners');

/**
 * @param {CyclicRecord} record
 * @returns {(updates: Updates) => void} what a functor calls `imports`; it executes nothing
 */
const makeImports = (record) => (updates) => {
  for (const [specifier, names] of updates) {
    for (const [importName, updaters] of names) {
      const binding = importedBinding(record, specifier, importName);
      for (const updater of updaters) {
        if (isCell(binding)) subscribe(binding, updater);
        else updater(binding);
      }
    }
  }
};

/**
 * @param {Package} pkg
 * @param {string} key
 * @param {boolean} main
 * @returns {object} `import.meta`
 */
const makeImportMeta = (pkg, key, main) => {
  const filename = filenameOf(pkg.name, `./${fileModule(pkg, key).location}`);
  const resolve = /** @param {unknown} specifier */ (specifier) =>
    pkg.world.linker.resolveToUrl(pkg, key, 'import', `${specifier}`);
  return Object.assign(Object.create(null), {
    dirname: dirnameOf(filename),
    filename,
    main,
    resolve,
    url: urlOf(filename),
  });
};

/**
 * @param {Map<string, Cell>} cells
 * @param {Iterable<string>} locals
 */
const notifiers = (cells, locals) => {
  const notify = Object.create(null);
  for (const local of locals) {
    const cell = /** @type {Cell} */ (cells.get(local));
    notify[local] = (/** @type {unknown} */ value) => {
      setCell(cell, value);
      return value;
    };
  }
  return Object.freeze(notify);
};

/**
 * Endo's compiler leaves the assignments to an exported variable to accessors in the module's scope.
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
 * In a cycle of imports, hoisted functions can be called and imports must be linked before the module's
 * own code runs (InitializeEnvironment): the functor is a generator that stops in between.
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
 * What a module of another package exports is hardened before this one sees it, and what this one exports, when
 * it has been evaluated.
 *
 * @param {CyclicRecord} record
 * @param {Package} pkg
 * @param {import('./handover.js').EvaluatedModule} module
 */
const handOverAround = (record, pkg, module) => {
  const { execute } = record;
  record.execute = () => {
    for (const { owner } of record.requested.values())
      if (owner !== pkg) /** @type {Package} */ (owner).handover.handOver();
    const done = pkg.handover.during(execute);
    const evaluated = () => pkg.handover.evaluated(module);
    if (record.hasTLA) /** @type {Promise<unknown>} */ (done).then(evaluated, () => undefined);
    else evaluated();
    return done;
  };
};

/**
 * @param {Map<string, Cell>} cells
 * @param {EsmSource} source
 * @returns {import('./handover.js').EvaluatedModule}
 */
const evaluatedModule = (cells, source) => ({
  text: source.text,
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
 * @param {boolean} main whether the application starts here
 * @returns {CyclicRecord}
 * @throws {SyntaxError} of a text that is no module
 */
export const makeEsmRecord = (pkg, key, source, main) => {
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
  const accessors = accessorsOf(source, cells);
  if (accessors !== undefined) pkg.lexicals.set(key, accessors);
  const start = (/** @type {boolean} */ split) => {
    const functor = pkg.functorOf(key);
    const dynamicImport = (/** @type {unknown} */ specifier, /** @type {unknown} */ options) =>
      pkg.world.linker.importDynamically(pkg, key, specifier, options);
    return functor(
      Object.freeze({
        imports: makeImports(record),
        onceVar: notifiers(cells, source.fixed.values()),
        liveVar: notifiers(
          cells,
          [...source.live.values()].map(([local]) => local),
        ),
        import: dynamicImport,
        eval: pkg.directEval(false),
        importMeta: source.needsImportMeta ? makeImportMeta(pkg, key, main) : undefined,
        split,
      }),
    );
  };
  record.execute = () => start(false);
  if (source.split) initializeApart(record, start);
  handOverAround(record, pkg, evaluatedModule(cells, source));
  return record;
};

/**
 * What `require` gives for a module with a default export: its namespace with `__esModule`, as in Node.
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
