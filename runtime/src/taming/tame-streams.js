// `stream` and `buffer`: hardens the classes of rarely used streams before the first one is created.
import { once } from '../base/stack-space.js';
import { hardenStreams } from '../lockdown/hidden-prototypes.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { replace } from '../lockdown/replace.js';
import { hardenShared, rareStreamObjects } from '../lockdown/specimens.js';
import { hardenLate } from './settings.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

// Functions that create streams of internal classes, by their owner.
const RARE = {
  of: ['compose', 'duplexPair'],
  statics: ['from', 'toWeb', 'fromWeb', 'wrap'],
  methods: ['iterator', 'compose', 'map', 'filter', 'flatMap', 'drop', 'take', 'asIndexedPairs'],
};

/**
 * @param {AnyObject} owner
 * @param {string[]} names of functions
 * @param {() => void} prepare called before each of them
 */
const prepareBefore = (owner, names, prepare) => {
  for (const name of names) {
    if (!Object.hasOwn(owner, name)) continue;
    const withPreparation = (/** @type {Function} */ original) =>
      /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
        prepare();
        return Reflect.apply(original, this, args);
      };
    replace(owner, name, withPreparation);
  }
};

/**
 * @param {AnyObject} stream
 * @param {Powers} powers
 */
const prepareRareStreams = (stream, { globals }) => {
  const prepare = () =>
    once(stream, 'rare', () => {
      hardenStreams(globals);
      hardenShared(rareStreamObjects({ ...stream }));
    });
  prepareBefore(stream, RARE.of, prepare);
  for (const name of ['Readable', 'Writable', 'Duplex']) {
    const statics = RARE.statics.filter((method) => name !== 'Readable' || method !== 'from');
    prepareBefore(stream[name], statics, prepare);
    prepareBefore(stream[name].prototype, RARE.methods, prepare);
  }
};

/**
 * @param {AnyObject} stream
 * @param {Powers} powers
 */
export const tameStream = (stream, powers) => {
  prepareRareStreams(stream, powers);
  replace(stream, 'setDefaultHighWaterMark', () => () => undefined);
  hardenLate(stream);
  hardenHost(new stream['Writable']()['_writableState'].writecb); // the shared default callback
};

/**
 * @param {AnyObject} buffer
 * @param {Powers} powers
 */
export const tameBuffer = ({ Buffer, Blob }, { globals }) => {
  hardenHost(Buffer[Symbol.species]);
  prepareBefore(Blob.prototype, ['stream'], () => hardenStreams(globals));
};
