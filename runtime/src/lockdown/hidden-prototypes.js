// Hidden prototypes: no global leads to them, but packages reach them from objects that the host creates, and all
// packages reach the same ones.
import { STREAM_CLASSES, hardenShared, webStreams } from './specimens.js';
import { hardenHost } from './host-harden.js';
import { needStackToHarden } from '../base/stack-space.js';

/** @import { AnyObject } from '../base/objects.js' */

const { getPrototypeOf } = Object;

// Classes whose iterators have their own prototype, by the globals that lead to their instances.
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
 * @param {string} name of a global that packages get
 */
export const hardenHidden = (globals, name) => {
  hardenHost(globals['DOMException']); // many functions throw it
  for (const iterated of ITERATED.get(name) ?? []) {
    const Iterated = globals[iterated];
    if (Iterated !== undefined) hardenHost(getPrototypeOf(new Iterated().keys()));
  }
};

/**
 * Hardens the functions of own accessors: in a page each event has an own `isTrusted`, and each document an own
 * `location`, but all share the functions.
 *
 * @param {() => object} make
 */
const hardenOwnAccessors = (make) => {
  let created = {};
  try {
    created = make();
  } catch {
    // The class needs more arguments. Its objects need a separate grant.
  }
  for (const { get, set } of Object.values(Object.getOwnPropertyDescriptors(created))) {
    hardenHost(get);
    hardenHost(set);
  }
};

/** @type {WeakSet<object>} global objects whose events are hardened */
const withEvents = new WeakSet();

/**
 * Hardens event classes without a grant of their own: messages of a socket, changes of a store.
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
 * Many host objects return streams, and each part of a stream leads to the others; so do events.
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
 * Hardens the results of a Segmenter lazily: the first result takes 11 ms.
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
