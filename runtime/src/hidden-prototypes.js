// Prototypes that no name leads to. Packages find them by what the host makes for them, and all find the same.
import { STREAM_CLASSES, hardenShared, webStreams } from './endowments/specimens.js';
import { hardenHost } from './host-harden.js';

/** @import { AnyObject } from './attenuate.js' */

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

/** @type {WeakSet<object>} global objects whose streams are hardened */
const withStreams = new WeakSet();

/**
 * Streams come of many things, and each part of one leads to the others.
 *
 * @param {AnyObject} globals the host's
 */
export const hardenStreams = (globals) => {
  if (withStreams.has(globals)) return;
  withStreams.add(globals);
  for (const name of STREAM_CLASSES) hardenHost(globals[name]);
  hardenShared(webStreams(globals));
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
        isFirst = false;
        hardenHost(getPrototypeOf(segments));
        hardenHost(getPrototypeOf(segments[Symbol.iterator]()));
      }
      return segments;
    },
  };
  Object.defineProperty(prototype, 'segment', { value: segment });
};
