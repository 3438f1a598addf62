// Member names of each builtin by version of Node, so that a denied builtin need not be loaded to list them.
import table from '../../../compartment_mapper/authority/node_members.json' with { type: 'json' };

/** @typedef {Record<string, Record<string, string>>} Table by the major version of Node, and the builtin */

/** @type {Table | undefined} */
let parsed;

/**
 * @param {string} name of a builtin, without `node:`
 * @param {string | undefined} version of Node
 * @returns {ReadonlyArray<string> | undefined} undefined: the version or the builtin was not reviewed
 */
export const membersOf = (name, version) => {
  parsed ??= /** @type {Table} */ (typeof table === 'string' ? JSON.parse(table) : table);
  const major = version?.split('.')[0] ?? '';
  const builtins = Object.hasOwn(parsed, major) ? parsed[major] : undefined;
  const members = builtins && Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  return members?.split(' ').filter(Boolean);
};
