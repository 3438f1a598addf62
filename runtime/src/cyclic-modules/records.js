// Module records (ECMA-262 16.2.1), and the cells of their exports.

/** @import { EsmSource } from '../archive/module-source.js' */

/**
 * @typedef {object} Cell a binding: one exported variable
 * @property {string} name
 * @property {unknown} value
 * @property {boolean} ready false in its temporal dead zone
 * @property {Array<(value: unknown) => void>} listeners
 *
 * @typedef {{ cell: Cell } | { specifier: string, importName: string }} ExportEntry a local or an indirect export
 *
 * @typedef {{ record: ModuleRecord, cell: Cell | undefined }} Resolution a binding of a module; without a
 *   cell, its namespace
 *
 * @typedef {'unlinked' | 'linked' | 'evaluating' | 'evaluating-async' | 'evaluated'} Status
 *
 * @typedef {object} CommonRecord
 * @property {string} filename
 * @property {object} owner the package that it belongs to
 * @property {string} key its key in the compartment map, if it makes requests
 * @property {Map<string, ExportEntry>} exports
 * @property {Map<string, Resolution | 'ambiguous' | undefined>} resolved results of ResolveExport
 * @property {object | undefined} namespace
 * @property {{ error: unknown } | undefined} evaluationError
 *
 * @typedef {object} SyntheticPart
 * @property {'synthetic'} kind
 * @property {boolean} open whether it appears to export every name (its evaluation throws instead)
 * @property {boolean} evaluated
 * @property {() => void} execute fills the cells
 *
 * @typedef {object} CyclicPart
 * @property {'cyclic'} kind
 * @property {EsmSource | undefined} source undefined for a facade
 * @property {string[]} requests
 * @property {string[]} stars
 * @property {ReadonlyMap<string, string[]>} importNames
 * @property {Map<string, ModuleRecord>} requested
 * @property {boolean} hasTLA
 * @property {() => void} initialize runs after linking: initializes hoisted functions, where needed
 * @property {() => unknown} execute runs the functor; returns a promise if `hasTLA`
 * @property {Status} status
 * @property {CyclicRecord[] | undefined} dfsStack the evaluation that it is part of
 * @property {number} dfsIndex
 * @property {number} dfsAncestorIndex
 * @property {CyclicRecord | undefined} cycleRoot
 * @property {number | 'done' | undefined} asyncEvaluationOrder
 * @property {number} pendingAsyncDependencies
 * @property {CyclicRecord[]} asyncParentModules
 * @property {Capability | undefined} topLevelCapability
 *
 * @typedef {object} Capability
 * @property {Promise<void>} promise
 * @property {() => void} resolve
 * @property {(reason: unknown) => void} reject
 *
 * @typedef {CommonRecord & SyntheticPart} SyntheticRecord
 * @typedef {CommonRecord & CyclicPart} CyclicRecord
 * @typedef {SyntheticRecord | CyclicRecord} ModuleRecord
 */

/**
 * @param {string} name
 * @returns {Cell}
 */
export const makeCell = (name) => ({ name, value: undefined, ready: false, listeners: [] });

/**
 * @param {Cell} cell
 * @param {unknown} value
 */
export const setCell = (cell, value) => {
  cell.value = value;
  cell.ready = true;
  for (const listener of cell.listeners) listener(value);
};

/**
 * @param {Cell} cell
 * @param {(value: unknown) => void} listener called at once if there is a value, and on every change
 */
export const subscribe = (cell, listener) => {
  cell.listeners.push(listener);
  if (cell.ready) listener(cell.value);
};

/** @param {Cell} cell */
export const readCell = (cell) => {
  if (cell.ready) return cell.value;
  throw new ReferenceError(`Cannot access '${cell.name}' before initialization`);
};

/**
 * @param {object} owner
 * @param {string} key
 * @param {string} filename
 * @returns {CommonRecord}
 */
const commonRecord = (owner, key, filename) => ({
  filename,
  owner,
  key,
  exports: new Map(),
  resolved: new Map(),
  namespace: undefined,
  evaluationError: undefined,
});

/**
 * Record of a module that is not ESM: CommonJS, JSON, a builtin, an error.
 *
 * @param {object} owner
 * @param {string} filename
 * @param {Iterable<string>} names of its exports
 * @param {(cells: ReadonlyMap<string, Cell>) => void} execute
 * @param {{ open?: boolean }} [options]
 * @returns {SyntheticRecord}
 */
export const makeSyntheticRecord = (owner, filename, names, execute, { open = false } = {}) => {
  /** @type {Map<string, Cell>} */
  const cells = new Map();
  for (const name of names) cells.set(name, { ...makeCell(name), ready: true });
  return {
    ...commonRecord(owner, '', filename),
    exports: new Map([...cells].map(([name, cell]) => [name, { cell }])),
    kind: 'synthetic',
    open,
    evaluated: false,
    execute: () => {
      execute(cells);
      // Importers in a cycle were linked before and have none of the values yet.
      for (const cell of cells.values()) setCell(cell, cell.value);
    },
  };
};

/**
 * @param {object} owner
 * @param {string} key
 * @param {string} filename
 * @param {Pick<CyclicPart, 'source' | 'requests' | 'stars' | 'importNames' | 'hasTLA'>} part
 * @returns {CyclicRecord} unlinked, without exports and without code
 */
export const makeCyclicRecord = (owner, key, filename, part) => ({
  ...commonRecord(owner, key, filename),
  kind: 'cyclic',
  ...part,
  requested: new Map(),
  initialize: () => undefined,
  execute: () => undefined,
  status: 'unlinked',
  dfsStack: undefined,
  dfsIndex: -1,
  dfsAncestorIndex: -1,
  cycleRoot: undefined,
  asyncEvaluationOrder: undefined,
  pendingAsyncDependencies: 0,
  asyncParentModules: [],
  topLevelCapability: undefined,
});

/**
 * @param {CyclicRecord} record
 * @param {string} specifier
 * @returns {ModuleRecord}
 */
export const requestedBy = (record, specifier) => {
  const found = record.requested.get(specifier);
  if (found === undefined) throw new TypeError(`${record.filename} did not request '${specifier}'`);
  return found;
};
