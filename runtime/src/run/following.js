// Copies the exports of a script's entry module to variables of the file that contains the script.
import { namespaceBindings } from '../cyclic-modules/exports.js';
import { namespaceOf } from '../cyclic-modules/namespace.js';
import { subscribe } from '../cyclic-modules/records.js';

/** @import { ModuleRecord } from '../cyclic-modules/records.js' */

/**
 * @param {ModuleRecord} record evaluated
 * @param {Record<string, (value: unknown) => void>} setters by the names of its exports; each is called immediately,
 *   and on every change of a live binding
 */
export const followExports = (record, setters) => {
  const bindings = namespaceBindings(record);
  for (const [name, set] of Object.entries(setters)) {
    const binding = bindings.get(name);
    if (binding === undefined) continue;
    if (binding.cell === undefined) set(namespaceOf(binding.record));
    else subscribe(binding.cell, set);
  }
};
