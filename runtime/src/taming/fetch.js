// `fetch`: hardens the classes of its results before the first request.
import { once } from '../base/stack-space.js';
import { hardenHidden, hardenStreams } from '../lockdown/hidden-prototypes.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { hardenShared, withHardClass } from '../lockdown/specimens.js';

/** @import { AnyObject } from '../base/objects.js' */

export const FETCHED = ['Response', 'Headers', 'Request', 'FormData', 'Blob'];

/**
 * Hardens results of `fetch` and their parts: Node 22 exposes internal classes that no global leads to.
 *
 * @param {AnyObject} globals
 */
export const hardenFetched = (globals) =>
  once(globals, 'fetched', () => {
    for (const name of FETCHED) hardenHost(globals[name]);
    const { FormData, Headers, Request, Response } = globals;
    hardenShared([
      () => new Response('x'),
      () => new Request('http://localhost'),
      () => new Headers([['x', 'x']]),
      () => new FormData(),
    ]);
  });

/**
 * The classes of network errors are reachable only from errors of failed requests.
 *
 * @param {any} error
 */
const throwHard = (error) => {
  for (let at = error; at instanceof Error; at = at.cause) withHardClass(at);
  throw error;
};

/** @type {WeakMap<object, Function>} */
const fetches = new WeakMap();

/**
 * Hardens lazily: loading Headers with its dependencies takes 57 ms in Node.
 *
 * @param {AnyObject} globals
 * @returns {unknown} `fetch`, hardened
 */
export const fetchOf = (globals) => {
  const { fetch: original } = globals;
  if (typeof original !== 'function') return original;
  const known = fetches.get(original);
  if (known !== undefined) return known;
  const { fetch } = {
    /** @param {[unknown, unknown?]} args */
    fetch(...args) {
      hardenHidden(globals, 'fetch');
      hardenStreams(globals);
      hardenFetched(globals);
      return Reflect.apply(original, undefined, args).catch(throwHard);
    },
  };
  fetches.set(original, hardenHost(fetch));
  return fetch;
};
