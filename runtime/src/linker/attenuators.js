// Attenuators, as in Endo: modules of the archive that restrict the grants of a policy.
import { codedError } from '../base/errors.js';
import { importRecordNow } from './importing.js';
import { recordOf } from './module-records.js';
import { followKey } from '../resolve/resolve.js';

/** @import { Attenuation } from '../policy/policy-format.js' */
/** @import { Package, Application } from '../protocols/package.js' */

const ATTENUATORS = '<ATTENUATORS>';

/**
 * @param {string} message
 * @returns {Error} the package does not get the grant
 */
const refuse = (message) =>
  codedError('ERR_ACCESS_DENIED', `an attenuated grant failed: ${message}`);

/**
 * @param {Application} application
 * @returns {Package}
 */
const attenuatorPackage = (application) => {
  for (const [name, { label }] of application.map.compartments) {
    if (label === ATTENUATORS) return application.packageOf(name);
  }
  throw refuse(`the archive has no compartment ${ATTENUATORS}`);
};

/**
 * @param {Application} application
 * @param {Attenuation} attenuation
 * @param {'attenuateModule' | 'attenuateGlobals'} method
 * @param {unknown[]} args
 * @returns {object}
 */
const attenuate = (application, attenuation, method, args) => {
  const pkg = attenuatorPackage(application);
  const specifier = attenuation.attenuate ?? pkg.policy.defaultAttenuator;
  if (specifier === undefined) throw refuse('the policy names no default attenuator');
  const target = followKey(pkg, specifier, 'import');
  if (target === undefined) throw refuse(`the attenuator '${specifier}' is not in the archive`);
  const namespace = /** @type {Record<string, unknown>} */ (importRecordNow(recordOf(pkg, target)));
  const attenuator = namespace[method];
  if (typeof attenuator !== 'function') throw refuse(`'${specifier}' does not export ${method}`);
  const result = attenuator([...attenuation.params], ...args);
  if (typeof result === 'object' && result !== null) return result;
  if (method === 'attenuateGlobals' && result === undefined) return {};
  throw refuse(`${method} of '${specifier}' did not return an object`);
};

/**
 * @param {Package} pkg
 * @param {Attenuation} attenuation
 * @param {object} original
 * @returns {object}
 */
export const attenuateModule = (pkg, attenuation, original) => {
  const result = attenuate(pkg.application, attenuation, 'attenuateModule', [original]);
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(result));
};

/**
 * @param {Package} pkg
 * @param {Attenuation} attenuation
 * @param {object} globalThis of the compartment, which the attenuator may modify
 * @returns {object} properties to assign to it
 */
export const attenuateGlobals = (pkg, attenuation, globalThis) => {
  const { globals, hostGlobals } = pkg.application.powers;
  const originals = {};
  for (const name of hostGlobals) {
    Object.defineProperty(originals, name, {
      get: () => globals[name],
      enumerable: true,
      configurable: true,
    });
  }
  return attenuate(pkg.application, attenuation, 'attenuateGlobals', [originals, globalThis]);
};
