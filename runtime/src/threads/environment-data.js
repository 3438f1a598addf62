// `setEnvironmentData` of packages: values that new threads get. Node's would let objects define how they are cloned.
import { channels, clonerOf } from '../replacements/replacements.js';

/** @import { Application } from '../protocols/package.js' */

/** @type {WeakMap<Application, Map<unknown, unknown>>} */
const environments = new WeakMap();

/**
 * @param {Application} application
 * @returns {Map<unknown, unknown>}
 */
export const environmentOf = (application) => {
  let data = environments.get(application);
  if (data === undefined) {
    const { threads } = application.powers;
    const given = threads?.current?.given?.environmentData;
    const [type, value] = given ? channels(application.powers).opened(given) : [];
    data = type === 'message' ? /** @type {Map<unknown, unknown>} */ (value) : new Map();
    environments.set(application, data);
  }
  return data;
};

/**
 * @param {Application} application
 * @returns {{ getEnvironmentData: Function, setEnvironmentData: Function }}
 */
export const environmentFunctions = (application) => {
  const copy = (/** @type {unknown} */ value) => clonerOf(application.powers).clone(value);
  return {
    getEnvironmentData: (/** @type {unknown} */ key) => copy(environmentOf(application).get(key)),
    setEnvironmentData: (/** @type {unknown} */ key, /** @type {unknown} */ value) => {
      const own = copy(key);
      if (value === undefined) environmentOf(application).delete(own);
      else environmentOf(application).set(own, copy(value));
    },
  };
};
