// Timers of one compartment in a page. The page's own timers evaluate strings, call with `window` as `this`, and
// share their numbers with all packages.

/** @typedef {Record<string, any>} PageTimers setTimeout and its kin */

/**
 * @param {PageTimers} host
 * @returns {Record<string, Function>}
 */
export const makePageTimers = (host) => {
  /** @type {Map<number, number>} numbers of the page by numbers of the compartment */
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
      // A page evaluates any other value as code, outside the compartments.
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
