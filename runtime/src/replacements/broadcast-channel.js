// BroadcastChannel of packages. Node's clone lets objects define how they are cloned and instantiates the class that
// they name, also through the channel's native handle, which a property of its instances exposes. Here the channel is
// in private state.
import { defineHandler } from './message-channel.js';
import { makePrivate } from './private-state.js';

/** @import { Cloner } from './structured-clone.js' */
/** @import { AnyObject } from '../base/objects.js' */

/**
 * https://html.spec.whatwg.org/#broadcasting-to-other-browsing-contexts
 *
 * @param {AnyObject} globals with `EventTarget`, `MessageEvent`, `BroadcastChannel`
 * @param {() => Cloner} cloner
 */
export const makeBroadcastChannel = (globals, cloner) => {
  const { EventTarget, MessageEvent, BroadcastChannel: HostChannel } = globals;

  /** @type {ReturnType<typeof makePrivate<{ real: any, handlers: Map<string, any> }>>} */
  const { store, of: stateOf } = makePrivate();

  class BroadcastChannel extends /** @type {typeof globalThis.EventTarget} */ (EventTarget) {
    /** @param {unknown[]} args */
    constructor(...args) {
      super();
      const real = new HostChannel(...args);
      store(this, { real, handlers: new Map() });
      for (const type of ['message', 'messageerror']) {
        real.addEventListener(type, (/** @type {any} */ { data }) => {
          this.dispatchEvent(new MessageEvent(type, { data }));
        });
      }
    }

    get name() {
      return stateOf(this).real.name;
    }

    close() {
      stateOf(this).real.close();
    }

    /** @param {unknown[]} args */
    postMessage(...args) {
      const { real } = stateOf(this);
      if (args.length === 0)
        real.postMessage(); // throws Node's error
      else real.postMessage(cloner().clone(args[0]));
    }

    ref() {
      stateOf(this).real.ref();
      return this;
    }

    unref() {
      stateOf(this).real.unref();
      return this;
    }
  }
  const { prototype } = /** @type {any} */ (BroadcastChannel);
  Object.defineProperty(prototype, Symbol.toStringTag, {
    value: 'BroadcastChannel',
    configurable: true,
  });
  for (const type of ['message', 'messageerror']) defineHandler(prototype, type, stateOf);
  return BroadcastChannel;
};
