// `diagnostics_channel` of a package that is not granted Node's: its own channels. Node's channels expose the
// messages of all packages, and also modules and processes. Packages publish diagnostics and work without
// subscribers.

/** @typedef {(message: unknown, name: string | symbol) => void} Subscriber */

const TRACED = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

/** https://nodejs.org/api/diagnostics_channel.html#class-channel */
class Channel {
  /** @type {Subscriber[]} */ #subscribers = [];

  /** @param {string | symbol} name */
  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0;
  }

  /** @param {Subscriber} subscriber */
  subscribe(subscriber) {
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  /** @param {Subscriber} subscriber */
  unsubscribe(subscriber) {
    const before = this.#subscribers;
    this.#subscribers = before.filter((known) => known !== subscriber);
    return this.#subscribers.length < before.length;
  }

  /** @param {unknown} message */
  publish(message) {
    for (const subscriber of this.#subscribers) subscriber(message, this.name);
  }

  bindStore() {}

  unbindStore() {
    return false;
  }

  /**
   * @param {unknown} message
   * @param {Function} work
   * @param {unknown} thisArg
   * @param {unknown[]} args
   */
  runStores(message, work, thisArg, ...args) {
    this.publish(message);
    return Reflect.apply(work, thisArg, args);
  }
}

/** https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel */
class TracingChannel {
  /** @param {(part: string) => Channel} channelOf */
  constructor(channelOf) {
    for (const part of TRACED)
      Object.defineProperty(this, part, { value: channelOf(part), enumerable: true });
  }

  get hasSubscribers() {
    return TRACED.some((part) => /** @type {any} */ (this)[part].hasSubscribers);
  }

  /** @param {Record<string, Subscriber>} subscribers */
  subscribe(subscribers) {
    for (const [part, subscriber] of Object.entries(subscribers))
      /** @type {any} */ (this)[part]?.subscribe(subscriber);
  }

  /** @param {Record<string, Subscriber>} subscribers */
  unsubscribe(subscribers) {
    const done = Object.entries(subscribers).map(([part, subscriber]) =>
      /** @type {any} */ (this)[part]?.unsubscribe(subscriber),
    );
    return done.every(Boolean);
  }

  /**
   * @param {Function} work
   * @param {Record<string, unknown>} [context]
   * @param {unknown} [thisArg]
   * @param {unknown[]} args
   */
  traceSync(work, context = {}, thisArg, ...args) {
    const { start, end, error } = /** @type {any} */ (this);
    start.publish(context);
    try {
      const result = Reflect.apply(work, thisArg, args);
      context['result'] = result;
      return result;
    } catch (thrown) {
      context['error'] = thrown;
      error.publish(context);
      throw thrown;
    } finally {
      end.publish(context);
    }
  }

  /**
   * @param {Function} work
   * @param {Record<string, unknown>} [context]
   * @param {unknown} [thisArg]
   * @param {unknown[]} args
   */
  tracePromise(work, context = {}, thisArg, ...args) {
    const { asyncStart, asyncEnd, error } = /** @type {any} */ (this);
    const settled = (/** @type {'result' | 'error'} */ key, /** @type {unknown} */ value) => {
      context[key] = value;
      if (key === 'error') error.publish(context);
      asyncStart.publish(context);
      asyncEnd.publish(context);
    };
    const promise = this.traceSync(work, context, thisArg, ...args);
    if (typeof promise?.then !== 'function') return promise;
    return promise.then(
      (/** @type {unknown} */ value) => {
        settled('result', value);
        return value;
      },
      (/** @type {unknown} */ thrown) => {
        settled('error', thrown);
        throw thrown;
      },
    );
  }

  /**
   * @param {Function} work
   * @param {number} [position] of the callback among the arguments
   * @param {Record<string, unknown>} [context]
   * @param {unknown} [thisArg]
   * @param {unknown[]} args
   */
  traceCallback(work, position = -1, context = {}, thisArg, ...args) {
    const { asyncStart, asyncEnd, error } = /** @type {any} */ (this);
    const callback = args.at(position);
    if (typeof callback !== 'function')
      throw new TypeError('The "callback" argument must be of type function.');
    /** @this {unknown} */
    const traced = function (/** @type {unknown[]} */ ...results) {
      const [failure, result] = results;
      Object.assign(context, failure ? { error: failure } : { result });
      if (failure) error.publish(context);
      asyncStart.publish(context);
      try {
        return Reflect.apply(callback, this, results);
      } finally {
        asyncEnd.publish(context);
      }
    };
    const given = [...args];
    given.splice(position, 1, traced);
    return this.traceSync(work, context, thisArg, ...given);
  }
}

/** @returns {Record<string, unknown>} the builtin of one package */
export const makePrivateChannels = () => {
  harden(Channel);
  harden(TracingChannel);
  /** @type {Map<string | symbol, Channel>} */
  const channels = new Map();
  const channel = (/** @type {string | symbol} */ name) => {
    const known = channels.get(name) ?? new Channel(name);
    channels.set(name, known);
    return known;
  };
  const ofParts = (/** @type {any} */ parts) =>
    new TracingChannel((part) =>
      typeof parts === 'string' ? channel(`tracing:${parts}:${part}`) : parts[part],
    );
  return {
    channel,
    hasSubscribers: (/** @type {string} */ name) => channels.get(name)?.hasSubscribers ?? false,
    subscribe: (/** @type {string} */ name, /** @type {Subscriber} */ subscriber) =>
      channel(name).subscribe(subscriber),
    tracingChannel: ofParts,
    unsubscribe: (/** @type {string} */ name, /** @type {Subscriber} */ subscriber) =>
      channel(name).unsubscribe(subscriber),
    Channel,
  };
};
