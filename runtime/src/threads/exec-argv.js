// `execArgv` of a Worker: options of Node for a thread.
import { codedError } from '../base/errors.js';

/** Options that affect messages only. */
const HARMLESS =
  /^--(?:no-)?(?:warnings|deprecation|trace-(?:warnings|deprecation|uncaught)|throw-deprecation|pending-deprecation|enable-source-maps|unhandled-rejections=.*|stack-trace-limit=.*)$/;
/** Options that load code, or that change what the thread may do. */
const REFUSED =
  /^(?:-r|-e|-p|-pe|--(?:require|import|loader|experimental-loader|eval|print|inspect.*|permission|experimental-permission|allow-.*|expose-.*|env-file.*|experimental-config-file.*|openssl.*))(?:=.*)?$/;

/** @param {string} option */
export const isRefused = (option) => REFUSED.test(option);

/**
 * @param {unknown} given
 * @returns {string[]} those that affect messages; options of the bundle, such as conditions, have no effect
 * @throws {Error} ERR_ACCESS_DENIED for an option that loads code
 */
export const execArgvOf = (given) => {
  if (given === undefined || given === null) return [];
  const options = [.../** @type {Iterable<unknown>} */ (given)].map((option) => `${option}`);
  const refused = options.find(isRefused);
  if (refused !== undefined)
    throw codedError(
      'ERR_ACCESS_DENIED',
      `execArgv: '${refused}' would load code outside of any compartment, or change the permissions of the thread`,
    );
  return options.filter((option) => HARMLESS.test(option));
};
