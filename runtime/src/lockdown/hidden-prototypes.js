// Prototypes that no name leads to. Packages find them by what the host makes for them, and all find the same.
import { STREAM_CLASSES, hardenShared, webStreams } from './specimens.js';
import { hardenHost } from './host-harden.js';
import { needStackToHarden } from '../base/stack-space.js';

/** @import { AnyObject } from '../base/objects.js' */

const { getPrototypeOf } = Object;

// Classes whose iterators have a prototype of their own, by the globals that lead to their objects.
/** @type {ReadonlyMap<string, string[]>} */
const ITERATED = new Map([
  ['URL', ['URLSearchParams']],
  ['URLSearchParams', ['URLSearchParams']],
  ['FormData', ['FormData']],
  ['fetch', ['Headers']],
  ['Headers', ['Headers']],
  ['Request', ['Headers', 'FormData']],
  ['Response', ['Headers', 'FormData']],
]);

/**
 * @param {AnyObject} globals the host's
 * @param {string} name of a global that is given to packages
 */
export const hardenHidden = (globals, name) => {
  hardenHost(globals['DOMException']); // what many functions throw
  for (const iterated of ITERATED.get(name) ?? []) {
    const Iterated = globals[iterated];
    if (Iterated !== undefined) hardenHost(getPrototypeOf(new Iterated().keys()));
  }
};

/**
 * In a page each event has its own `isTrusted`, and each document its `location`: by functions that are one for all.
 *
 * @param {() => object} make
 */
const hardenOwnAccessors = (make) => {
  let made = {};
  try {
    made = make();
  } catch {
    // A class that wants to be told more: what it is of is given by a grant of its own.
  }
  for (const { get, set } of Object.values(Object.getOwnPropertyDescriptors(made))) {
    hardenHost(get);
    hardenHost(set);
  }
};

/** @type {WeakSet<object>} global objects whose events are hardened */
const withEvents = new WeakSet();

/**
 * What is heard of has a class that no grant names: a socket's messages, a store's changes.
 *
 * @param {AnyObject} page
 */
export const hardenEvents = (page) => {
  if (withEvents.has(page)) return;
  needStackToHarden();
  withEvents.add(page);
  for (const name of Object.getOwnPropertyNames(page)) {
    if (!name.endsWith('Event')) continue;
    hardenOwnAccessors(() => new page[name]('', { promise: Promise.resolve() }));
  }
  hardenOwnAccessors(() => new page['Document']());
  hardenOwnAccessors(() => page['document'].implementation.createHTMLDocument(''));
};

/** @type {WeakSet<object>} global objects whose streams are hardened */
const withStreams = new WeakSet();

/**
 * Streams come of many things, and each part of one leads to the others; so do events.
 *
 * @param {AnyObject} globals the host's
 */
export const hardenStreams = (globals) => {
  if (withStreams.has(globals)) return;
  needStackToHarden();
  withStreams.add(globals);
  for (const name of STREAM_CLASSES) hardenHost(globals[name]);
  hardenShared(webStreams(globals));
  for (const name of ['Event', 'CustomEvent']) hardenOwnAccessors(() => new globals[name](''));
};

/**
 * What a Segmenter gives is hardened when there is some: the first of them takes 11 ms.
 *
 * @param {Record<string, any>} Intl
 */
export const hardenSegments = ({ Segmenter }) => {
  if (Segmenter === undefined) return;
  const { prototype } = Segmenter;
  const { segment: original } = prototype;
  let isFirst = true;
  const { segment } = {
    /**
     * @this {Intl.Segmenter}
     * @param {string} input
     */
    segment(input) {
      const segments = Reflect.apply(original, this, [input]);
      if (isFirst) {
        needStackToHarden();
        isFirst = false;
        hardenHost(getPrototypeOf(segments));
        hardenHost(getPrototypeOf(segments[Symbol.iterator]()));
      }
      return segments;
    },
  };
  Object.defineProperty(prototype, 'segment', { value: segment });
};
