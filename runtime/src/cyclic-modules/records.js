// Module records, in the words of ECMA-262 16.2.1, and the cells that hold what they export.

/** @import { EsmSource } from '../archive/module-source.js' */

/**
 * @typedef {object} Cell a binding: one exported variable
 * @property {string} name
 * @property {unknown} value
 * @property {boolean} ready false in its temporal dead zone
 * @property {Array<(value: unknown) => void>} listeners
 *
 * @typedef {{ cell: Cell } | { specifier: string, importName: string }} ExportEntry a local, or an
 *   indirect export
 *
 * @typedef {{ record: ModuleRecord, cell: Cell | undefined }} Resolution a binding of a module; without a
 *   cell, its namespace
 *
 * @typedef {'unlinked' | 'linked' | 'evaluating' | 'evaluating-async' | 'evaluated'} Status
 *
 * @typedef {object} CommonRecord
 * @property {string} filename
 * @property {object} owner the package that it belongs to
 * @property {string} key its own in the map, when it makes requests
 * @property {Map<string, ExportEntry>} exports
 * @property {Map<string, Resolution | 'ambiguous' | undefined>} resolved what ResolveExport has answered
 * @property {object | undefined} namespace
 * @property {{ error: unknown } | undefined} evaluationError
 *
 * @typedef {object} SyntheticPart
 * @property {'synthetic'} kind
 * @property {boolean} open whether it seems to export every name (it will throw instead)
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
 * @property {() => void} initialize once linked: announces functions, where that can matter
 * @property {() => unknown} execute runs the functor; gives a promise if `hasTLA`
 * @property {Status} status
 * @property {CyclicRecord[] | undefined} dfsStack which evaluation it is part of
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
 * @param {(value: unknown) => void} listener called now if there is a value, and at every change
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
 * A module that is not written in ESM: CommonJS, JSON, a builtin, an error.
 *
 * @param {object} owner
 * @param {string} filename
 * @param {Iterable<string>} names what it exports
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
      // A module in a cycle was linked before: it has none of the values yet.
      for (const cell of cells.values()) setCell(cell, cell.value);
    },
  };
};

/**
 * @param {object} owner
 * @param {string} key
 * @param {string} filename
 * @param {Pick<CyclicPart, 'source' | 'requests' | 'stars' | 'importNames' | 'hasTLA'>} says
 * @returns {CyclicRecord} unlinked, without exports, doing nothing
 */
export const makeCyclicRecord = (owner, key, filename, says) => ({
  ...commonRecord(owner, key, filename),
  kind: 'cyclic',
  ...says,
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
