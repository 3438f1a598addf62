// ResolveExport and GetExportedNames (ECMA-262 16.2.1.6) with an explicit stack: generated chains of `export *` are
// thousands of modules long.
import { makeCell, requestedBy } from './records.js';

/** @import { CyclicRecord, ModuleRecord, Resolution } from './records.js' */

/**
 * @param {CyclicRecord} record
 * @returns {ModuleRecord[]}
 */
const starsOf = (record) => record.stars.map((specifier) => requestedBy(record, specifier));

/**
 * In Endo's format `*` means the namespace; `\0*` requests an export named `*`.
 *
 * @param {string} importName
 */
export const exportNameOf = (importName) => (importName === '\0*' ? '*' : importName);

/**
 * @param {Resolution} one
 * @param {Resolution} other
 */
const same = (one, other) => one.record === other.record && one.cell === other.cell;

/**
 * @typedef {[record: ModuleRecord, exportName: string]} Question
 *
 * @typedef {{ found: Resolution | 'ambiguous' | undefined, next: Question[] }} Step
 */

/**
 * @param {Question} question
 * @returns {Step} the result at this module, and the modules to visit next
 */
const step = ([record, exportName]) => {
  if (record.resolved.has(exportName)) return { found: record.resolved.get(exportName), next: [] };
  const entry = record.exports.get(exportName);
  if (entry === undefined) {
    if (record.kind === 'cyclic') {
      const next = exportName === 'default' ? [] : starsOf(record);
      return { found: undefined, next: next.map((star) => [star, exportName]) };
    }
    const cell = record.open ? makeCell(exportName) : undefined;
    return { found: cell && { record, cell }, next: [] };
  }
  if ('cell' in entry) return { found: { record, cell: entry.cell }, next: [] };
  const target = requestedBy(/** @type {CyclicRecord} */ (record), entry.specifier);
  if (entry.importName === '*') return { found: { record: target, cell: undefined }, next: [] };
  return { found: undefined, next: [[target, exportNameOf(entry.importName)]] };
};

/**
 * @param {ModuleRecord} record linked, or being linked
 * @param {string} exportName
 * @returns {Resolution | 'ambiguous' | undefined} undefined: no export of that name
 */
export const resolveExport = (record, exportName) => {
  /** @type {Map<ModuleRecord, Set<string>>} */
  const visited = new Map();
  /** @type {Question[]} */
  const questions = [[record, exportName]];
  /** @type {Resolution | 'ambiguous' | undefined} */
  let answer;
  for (let question = questions.pop(); question !== undefined; question = questions.pop()) {
    const names = visited.get(question[0]) ?? new Set();
    if (names.has(question[1])) continue;
    visited.set(question[0], names.add(question[1]));
    const { found, next } = step(question);
    questions.push(...next);
    if (found === undefined) continue;
    if (answer === undefined) answer = found;
    else if (found === 'ambiguous' || answer === 'ambiguous' || !same(found, answer))
      answer = 'ambiguous';
  }
  record.resolved.set(exportName, answer);
  return answer;
};

/**
 * @param {ModuleRecord} record
 * @returns {Set<string>} its exported names, including ambiguous ones
 */
const exportedNames = (record) => {
  /** @type {Set<string>} */
  const names = new Set(record.exports.keys());
  /** @type {Set<ModuleRecord>} */
  const visited = new Set([record]);
  const waiting = record.kind === 'cyclic' ? starsOf(record) : [];
  for (let star = waiting.pop(); star !== undefined; star = waiting.pop()) {
    if (visited.has(star)) continue;
    visited.add(star);
    for (const name of star.exports.keys()) if (name !== 'default') names.add(name);
    if (star.kind === 'cyclic') waiting.push(...starsOf(star));
  }
  return names;
};

/**
 * @param {ModuleRecord} record linked
 * @returns {Map<string, Resolution>} bindings of its namespace, ordered by code units
 */
export const namespaceBindings = (record) => {
  /** @type {Map<string, Resolution>} */
  const bindings = new Map();
  for (const name of [...exportedNames(record)].sort()) {
    const resolution = resolveExport(record, name);
    if (resolution !== undefined && resolution !== 'ambiguous') bindings.set(name, resolution);
  }
  return bindings;
};
