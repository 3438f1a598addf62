// What a package may start: the module, and the variables that it and others see there.
import { isProgram } from '../archive/languages.js';
import { codedError, codedTypeError, scopeDenied } from '../base/errors.js';
import { filenameOfUrl } from '../base/locations.js';
import { isObject } from '../base/objects.js';
import { globalDecision, grantedOf, memberOf, variableOf } from '../policy/policy.js';
import { clonerOf } from '../replacements/replacements.js';
import { resolveRequest } from '../resolve/resolve.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { FileTarget, Package } from '../protocols/package.js' */
/** @import { Beginning, Threads, Variables } from '../protocols/threads.js' */

/**
 * @param {Package} pkg
 * @param {string} path of the grant
 * @param {string} target
 * @param {string} reason
 * @param {'globals' | 'builtins'} [part] of the grant
 */
export const refusedStart = (pkg, path, target, reason, part = 'builtins') => {
  const { label, application } = pkg;
  application.audit?.record(label, part, path, true);
  const denied = { label, part, path, key: 'modules' };
  return scopeDenied({ ...denied, action: 'start', target, reason });
};

/**
 * @param {Package} pkg
 * @param {string} path of the grant
 * @param {string} target
 * @param {string} example code that the bundler understands
 * @param {'globals' | 'builtins'} [part] of the grant
 */
export const notInArchive = (pkg, path, target, example, part) =>
  refusedStart(
    pkg,
    path,
    target,
    `no module of the archive that the package may load is there; write it so that the bundler finds it: ${example}`,
    part,
  );

/**
 * @param {Package} pkg
 * @returns {Threads}
 */
export const threadsOf = ({ application: { powers } }) => {
  if (powers.threads !== undefined) return powers.threads;
  throw codedError(
    'ERR_WORKER_UNSUPPORTED_OPERATION',
    'threads and processes are available to programs that `compartment-mapper run` starts, and not here',
  );
};

/**
 * @param {Package} pkg
 * @param {unknown} filename
 * @returns {{ path: string | undefined, shown: string }} its path, undefined if it is no file, and what the package named:
 *   an absolute path could show the working directory
 */
const locationOf = ({ application: { powers } }, filename) => {
  if (typeof filename === 'string') {
    const path = /** @type {AnyObject} */ (powers.getBuiltin('path'))['resolve'](filename);
    return { path, shown: filename };
  }
  const href = isObject(filename) ? filename['href'] : undefined;
  if (typeof href !== 'string')
    throw codedTypeError(
      'ERR_INVALID_ARG_TYPE',
      'The filename must be of type string or an instance of URL',
    );
  return { path: filenameOfUrl(href), shown: href };
};

/**
 * @param {Package} pkg
 * @param {unknown} filename a path, or a URL object
 * @returns {{ target: FileTarget | undefined, shown: string }} a module that the package may load, undefined if there is
 *   none, and its name for messages
 */
export const moduleNamed = (pkg, filename) => {
  const { path, shown } = locationOf(pkg, filename);
  if (path === undefined) return { target: undefined, shown };
  const target = resolveRequest({ pkg, key: '', kind: 'require', specifier: path });
  if (target.kind === 'error' && target.denied !== undefined) throw target.error;
  const isModule = target.kind === 'file' && isProgram(target.module.parser);
  return { target: isModule ? target : undefined, shown };
};

/** @typedef {Pick<Beginning, 'variables' | 'ownVariables'>} GivenVariables */

/**
 * The variables of a thread or process are those of its starter, because other packages rely on them. Those that a
 * package gives are visible to itself, and to others as far as it may set them.
 *
 * @param {Package} pkg
 * @param {unknown} given an object, or nothing
 * @param {{ adds?: boolean }} [options] `adds`: those that are not given stay
 * @returns {GivenVariables}
 */
export const variablesFor = ({ policy, application }, given, { adds = false } = {}) => {
  const env = /** @type {Variables} */ (application.powers.globals['process'].env);
  if (!isObject(given)) return { variables: { ...env }, ownVariables: undefined };
  const process = grantedOf(globalDecision(policy, 'process'));
  const granted = process && memberOf(process, 'env');
  const writes = (/** @type {string} */ name) =>
    granted !== undefined && variableOf(granted, name).write;
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const own = Object.fromEntries(entries.map(([name, value]) => [name, `${value}`]));
  const kept = Object.entries(env).filter(([name]) => adds || !writes(name));
  const set = Object.entries(own).filter(([name]) => writes(name));
  return { variables: Object.fromEntries([...kept, ...set]), ownVariables: own };
};

/**
 * @param {unknown} serialization of messages between processes
 * @returns {'json' | 'advanced'}
 */
export const serializationOf = (serialization = 'json') => {
  if (serialization === 'json' || serialization === 'advanced') return serialization;
  throw codedTypeError(
    'ERR_INVALID_ARG_VALUE',
    "The property 'options.serialization' must be one of: undefined, 'json', 'advanced'",
  );
};

/**
 * @param {Package} pkg
 * @param {'json' | 'advanced'} serialization
 * @returns {{ copyOf?: (message: object) => unknown }} how messages to a child are copied
 */
export const messagesBy = ({ application: { powers } }, serialization) =>
  serialization === 'advanced' ? { copyOf: (message) => clonerOf(powers).copy(message) } : {};

/**
 * @param {Package} pkg
 * @param {FileTarget} target
 * @param {GivenVariables} variables
 * @param {'json' | 'advanced'} [serialization]
 * @returns {Beginning}
 */
export const beginningOf = (pkg, target, variables, serialization = 'json') => ({
  compartment: target.pkg.name,
  module: target.key,
  starter: pkg.name,
  serialization,
  ...variables,
});
