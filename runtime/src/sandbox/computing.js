// Pure host globals, hardened so that evaluations can share them.
import { hardenErrors } from '../taming/host-errors.js';
import { replacedGlobal } from '../replacements/replacements.js';
import { hardenHost } from '../lockdown/host-harden.js';

/** @import { Powers } from '../protocols/powers.js' */

const SHARED = ['URL', 'URLSearchParams', 'TextEncoder', 'atob', 'btoa'];

// The runtime has replacements for these.
const REPLACED = ['TextDecoder', 'structuredClone'];

/** @param {unknown} prototype */
const withoutInspection = (prototype) => {
  // Node passes its `inspect` and all options and settings to custom inspection of nested objects.
  if (Object(prototype) === prototype)
    Reflect.deleteProperty(
      /** @type {object} */ (prototype),
      Symbol.for('nodejs.util.inspect.custom'),
    );
};

/**
 * @param {Powers} host
 * @returns {Array<[name: string, value: unknown]>}
 */
export const makeComputing = (host) => {
  const { globals } = host;
  const { DOMException, URLSearchParams } = globals;
  const shared = SHARED.map((name) => /** @type {[string, any]} */ ([name, globals[name]]));
  const iterated = Object.getPrototypeOf(new URLSearchParams('').keys());
  const classes = [DOMException, ...shared.map(([, value]) => value)];
  for (const { prototype } of classes) withoutInspection(prototype);
  withoutInspection(iterated);
  for (const value of [iterated, ...classes]) hardenHost(value);
  hardenErrors(host);
  return [
    ...shared,
    ...REPLACED.map(
      (name) => /** @type {[string, unknown]} */ ([name, replacedGlobal(host, name)]),
    ),
  ];
};
