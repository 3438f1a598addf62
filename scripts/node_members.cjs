// Prints what this Node offers, as JSON: `node scripts/node_members.cjs`. compartment_mapper/authority/node_members.json keeps what was reviewed.
const { builtinModules } = require('node:module');

process.removeAllListeners('warning');
process.on('warning', () => {}); // some builtins say that they are experimental

// What a function has in any case, and what Node's interpreter of CommonJS adds.
const OF_EVERY_FUNCTION = ['length', 'name', 'prototype', 'arguments', 'caller', 'constructor'];

/**
 * @param {object} object
 * @returns {string[]} its members, own and inherited, but for those of all objects and functions
 */
const membersOf = (object) => {
  const found = new Set();
  for (
    let holder = object;
    holder !== null && holder !== Object.prototype && holder !== Function.prototype;
    holder = Object.getPrototypeOf(holder)
  )
    for (const name of Object.getOwnPropertyNames(holder)) found.add(name);
  found.delete('default');
  for (const name of OF_EVERY_FUNCTION)
    if (typeof object === 'function' || name === 'constructor') found.delete(name);
  return [...found].sort();
};

/** @type {Record<string, string[]>} */
const builtins = {};
for (const listed of builtinModules) {
  const name = listed.replace(/^node:/, '');
  const builtin = process.getBuiltinModule(`node:${name}`);
  if (builtin !== undefined) builtins[name] = membersOf(builtin);
}
for (const name of ['sea', 'sqlite', 'test', 'test/reporters']) {
  const builtin = process.getBuiltinModule(`node:${name}`); // some versions do not list them
  if (builtin !== undefined) builtins[name] = membersOf(builtin);
}
delete builtins['process'];
process.stdout.write(JSON.stringify({ process: membersOf(process), builtins }));
