// Listeners of one compartment on an emitter of the host: `this` is the compartment's own emitter, and other packages
// can't see the listeners.
/** @import { AnyObject } from '../base/objects.js' */

const CHANGING = [
  ...['on', 'addListener', 'prependListener', 'once', 'prependOnceListener'],
  ...['off', 'removeListener', 'removeAllListeners'],
];

/** Methods that affect only the emitter itself. */
const LOOKING = [
  ...['listeners', 'rawListeners', 'listenerCount', 'eventNames'],
  ...['setMaxListeners', 'getMaxListeners', 'emit'],
];

export const EMITTER_METHODS = [...CHANGING, ...LOOKING];

/**
 * Turns a view into an emitter. It is subscribed to the host's emitter while it has listeners.
 *
 * @param {object} options
 * @param {AnyObject} options.view a new object
 * @param {() => AnyObject} options.real the host's emitter, read on demand
 * @param {AnyObject} options.EventEmitter hardened
 * @param {(event: string | symbol) => boolean} options.isHeard whether an event comes from the host
 * @param {(value: unknown) => unknown} options.toView maps the arguments of listeners
 * @param {(event: string | symbol, args: unknown[]) => unknown[] | undefined} [options.passed] arguments to forward;
 *   undefined: the event is not forwarded
 */
export const makeEmitter = ({
  view,
  real,
  EventEmitter,
  isHeard,
  toView,
  passed = (_event, args) => args,
}) => {
  const methods = EventEmitter.prototype;
  /** @type {Map<string | symbol, Function>} */
  const forwarders = new Map();

  /**
   * @param {string | symbol} event
   * @param {boolean} first
   */
  const update = (event, first) => {
    const forwarder = forwarders.get(event);
    const wanted = methods.listenerCount.call(view, event) > 0;
    if (!wanted && forwarder !== undefined) {
      forwarders.delete(event);
      real().removeListener(event, forwarder);
    }
    if (!wanted || forwarder !== undefined || !isHeard(event)) return;
    const forward = (/** @type {unknown[]} */ ...args) => {
      const given = passed(event, args);
      if (given !== undefined) Reflect.apply(methods.emit, view, [event, ...given.map(toView)]);
    };
    forwarders.set(event, forward);
    real()[first ? 'prependListener' : 'on'](event, forward);
  };

  for (const name of EMITTER_METHODS) {
    const original = methods[name];
    const method = CHANGING.includes(name)
      ? (/** @type {unknown[]} */ ...args) => {
          Reflect.apply(original, view, args);
          const [event] = /** @type {[string | symbol]} */ (args);
          for (const changed of event === undefined ? [...forwarders.keys()] : [event])
            update(changed, name.startsWith('prepend'));
          return view;
        }
      : (/** @type {unknown[]} */ ...args) => {
          const result = Reflect.apply(original, view, args);
          return result;
        };
    Object.defineProperty(method, 'name', { value: name });
    Object.defineProperty(view, name, {
      value: Object.freeze(method),
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
};
