// `events`: each emitter has its own state, and process-wide settings are read-only.
import { replace } from '../lockdown/replace.js';
import { emitterResource } from '../replacements/replacements.js';
import { fixSettings, hardenLate } from './settings.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * Node stores `captureRejections` in a property of the prototype that can't become an accessor. Each emitter gets its
 * own property first, so that the one of the prototype can be made read-only.
 *
 * @param {AnyObject} EventEmitter
 */
const fixCapture = (EventEmitter) => {
  const { prototype } = EventEmitter;
  const capture = Object.getOwnPropertySymbols(prototype).find(
    (key) => key.description === 'kCapture',
  );
  if (capture === undefined) return;
  const own = { value: false, writable: true, enumerable: true, configurable: true };
  replace(
    EventEmitter,
    'init',
    (init) =>
      /** @this {object} */ function (/** @type {unknown} */ options) {
        if (!Object.hasOwn(this, capture)) Object.defineProperty(this, capture, own);
        return Reflect.apply(init, this, [options]);
      },
  );
  Object.defineProperty(prototype, capture, { value: false, writable: false });
};

/**
 * @param {AnyObject} events
 * @param {Powers} powers
 */
export const tameEvents = (events, powers) => {
  const get = Object.freeze(() => emitterResource(powers));
  Object.defineProperty(events, 'EventEmitterAsyncResource', { get, enumerable: true });
  fixSettings(events, ['defaultMaxListeners', 'captureRejections', 'usingDomains']);
  hardenLate(events);
  fixCapture(events);
  replace(events, 'setMaxListeners', (original) => (/** @type {unknown[]} */ ...args) => {
    if (args.length > 1) Reflect.apply(original, events, args); // otherwise it would set the process-wide default
  });
};
