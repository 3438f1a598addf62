// Link() of Cyclic Module Records: loads the requested modules of a graph and binds imports to exports.
import { exportNameOf, resolveExport } from './exports.js';
import { requestedBy } from './records.js';
import { needStackToLink } from '../base/stack-space.js';

/** @import { CyclicRecord, ModuleRecord } from './records.js' */

/**
 * @callback LoadRequest
 * @param {CyclicRecord} referrer
 * @param {string} specifier
 * @returns {ModuleRecord}
 */

/**
 * @param {CyclicRecord} record
 * @param {string} specifier
 * @param {string} name
 */
const checkName = (record, specifier, name) => {
  if (name === '*') return;
  const answer = resolveExport(requestedBy(record, specifier), exportNameOf(name));
  if (answer === undefined) {
    throw new SyntaxError(
      `The requested module '${specifier}' does not provide an export named '${name}'`,
    );
  }
  if (answer === 'ambiguous') {
    throw new SyntaxError(
      `The requested module '${specifier}' contains conflicting star exports for name '${name}'`,
    );
  }
};

/**
 * The steps of InitializeEnvironment that can throw.
 *
 * @param {CyclicRecord} record
 */
const checkBindings = (record) => {
  for (const [exportName, entry] of record.exports) {
    if ('cell' in entry || entry.importName === '*') continue;
    checkName(record, entry.specifier, entry.importName);
    resolveExport(record, exportName);
  }
  for (const [specifier, names] of record.importNames) {
    for (const name of names) checkName(record, specifier, name);
  }
};

/**
 * @param {CyclicRecord} root
 * @param {LoadRequest} load
 * @returns {CyclicRecord[]} the modules that were not linked yet, dependencies first
 */
const loadGraph = (root, load) => {
  /** @type {CyclicRecord[]} */
  const ordered = [];
  /** @type {Set<CyclicRecord>} */
  const visited = new Set([root]);
  const frames = [{ record: root, next: 0 }];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { record } = frame;
    const specifier = record.requests[frame.next];
    if (specifier === undefined) {
      ordered.push(record);
      frames.pop();
      continue;
    }
    frame.next += 1;
    const requested = record.requested.get(specifier) ?? load(record, specifier);
    record.requested.set(specifier, requested);
    if (requested.kind !== 'cyclic' || requested.status !== 'unlinked' || visited.has(requested))
      continue;
    visited.add(requested);
    frames.push({ record: requested, next: 0 });
  }
  return ordered;
};

/**
 * @param {ModuleRecord} root
 * @param {LoadRequest} load
 * @returns {boolean} whether a started functor needs a turn of the event loop to reach its suspension
 */
export const link = (root, load) => {
  if (root.kind !== 'cyclic' || root.status !== 'unlinked') return false;
  needStackToLink();
  const records = loadGraph(root, load);
  try {
    for (const record of records) checkBindings(record);
  } catch (error) {
    for (const record of records) record.resolved.clear();
    throw error;
  }
  for (const record of records) record.status = 'linked';
  for (const record of records) record.initialize();
  return records.some(({ hasTLA, source }) => hasTLA && source?.split);
};

/**
 * @param {ModuleRecord} root linked
 * @returns {boolean} whether an unevaluated module of its graph has a top-level await
 */
export const isAsyncGraph = (root) => {
  const visited = new Set([root]);
  const waiting = [root];
  for (let record = waiting.pop(); record !== undefined; record = waiting.pop()) {
    if (record.kind !== 'cyclic' || record.status === 'evaluated') continue;
    if (record.hasTLA || record.status === 'evaluating-async') return true;
    for (const requested of record.requested.values()) {
      if (!visited.has(requested)) waiting.push(requested);
      visited.add(requested);
    }
  }
  return false;
};
