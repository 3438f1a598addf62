// Timers of one compartment in a page. The page's own would evaluate text, call with its `window` as `this`, and
// count for all packages together.

/** @typedef {Record<string, any>} PageTimers setTimeout and its kin */

/**
 * @param {PageTimers} host
 * @returns {Record<string, Function>}
 */
export const makePageTimers = (host) => {
  /** @type {Map<number, number>} the page's numbers by the compartment's own */
  const running = new Map();
  let last = 0;

  /**
   * @param {'setTimeout' | 'setInterval'} name
   * @param {boolean} once
   */
  const starter = (name, once) => {
    const start = (
      /** @type {unknown} */ callback,
      /** @type {unknown} */ delay,
      /** @type {unknown[]} */ ...args
    ) => {
      // A page evaluates anything else, outside of every compartment.
      if (typeof callback !== 'function') throw new TypeError('The callback must be a function');
      const number = (last += 1);
      const fire = () => {
        if (once) running.delete(number);
        Reflect.apply(callback, undefined, args);
      };
      running.set(number, host[name](fire, Number(delay)));
      return number;
    };
    Object.defineProperty(start, 'name', { value: name });
    return start;
  };

  /** @param {string} name */
  const clearer = (name) => {
    const clear = (/** @type {unknown} */ number) => {
      const real = running.get(Number(number));
      if (real === undefined) return;
      running.delete(Number(number));
      host[name](real);
    };
    Object.defineProperty(clear, 'name', { value: name });
    return clear;
  };

  return {
    setTimeout: starter('setTimeout', true),
    setInterval: starter('setInterval', false),
    clearTimeout: clearer('clearTimeout'),
    clearInterval: clearer('clearInterval'),
  };
};
