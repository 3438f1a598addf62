// Adds modules to a running application: those that a tool requests at run time, such as plugins and configuration
// files. The parent process finds and checks them. Each thread and child process adds what the others requested, too.
import { accessDenied, codedError, requireNotFound } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { filenameOf } from '../base/locations.js';
import { parseAddition } from '../archive/additions.js';
import { followKey } from '../resolve/resolve.js';

/** @import { Json } from '../base/json-shape.js' */
/** @import { Application, More, Package, RunTimeRequest } from '../protocols/package.js' */
/** @import { GrowingFiles } from '../archive/stored-files.js' */
/** @import { Asking } from '../protocols/additions.js' */

/**
 * @param {RunTimeRequest} request
 * @returns {string} the file that the request comes from; the key of a file outside of the package is its path
 */
const referrerOf = ({ pkg, key }) => (key.startsWith('/') ? key : filenameOf(pkg.name, key));

/**
 * @param {RunTimeRequest} request
 * @param {ReturnType<typeof json.asObject>} answer
 * @returns {Error | undefined}
 */
const problemOf = ({ pkg, kind, specifier }, answer) => {
  if (answer.has('denied'))
    return accessDenied(pkg.label, 'package', json.asString(answer.need('denied')));
  if (!answer.has('code')) return undefined;
  const code = json.asString(answer.need('code'));
  const message = json.asString(answer.need('message'));
  const place = answer.has('place') ? json.asString(answer.need('place')) : undefined;
  if (code === 'MODULE_NOT_FOUND' && place !== undefined) {
    const error = codedError(code, `${message}\nRequire stack:\n- ${place}`);
    return Object.assign(error, { requireStack: [place] });
  }
  if (kind === 'require' && code === 'MODULE_NOT_FOUND') return requireNotFound(specifier);
  return codedError(code, place === undefined ? message : `${place}: ${message}`);
};

/**
 * @param {Application} application
 * @param {Map<string, Package>} packages that were created
 * @param {GrowingFiles} files of the application
 * @param {(bytes: Uint8Array) => string} sha512
 * @returns {(answer: Json) => void}
 */
const makeAdd = (application, packages, files, sha512) => (answer) => {
  if (!json.asObject(answer).has('compartments')) return;
  const { map } = application;
  const compartments = /** @type {Map<string, any>} */ (map.compartments);
  const addition = parseAddition(answer, map, sha512);
  files.add(addition.files);
  for (const [name, own] of addition.compartments) {
    const known = compartments.get(name);
    if (known === undefined) compartments.set(name, own);
    for (const [key, module] of known === undefined ? [] : own.modules)
      known.modules.set(key, module);
    packages.get(name)?.grow();
  }
};

/**
 * @param {Application} application
 * @param {object} parts
 * @param {Asking} parts.asking
 * @param {Map<string, Package>} parts.packages
 * @param {GrowingFiles} parts.files
 * @param {(bytes: Uint8Array) => string} parts.sha512
 * @returns {More}
 */
export const makeMore = (application, { asking, packages, files, sha512 }) => {
  const add = makeAdd(application, packages, files, sha512);
  /** @param {unknown} value */
  const apply = (value) => add({ value, path: 'the addition' });
  /**
   * @param {RunTimeRequest} request
   * @param {string | undefined} type
   */
  const ask = (request, type) => {
    const { pkg, kind, specifier } = request;
    const question = {
      compartment: pkg.name,
      referrer: referrerOf(request),
      kind,
      specifier,
      type,
    };
    const value = asking.ask(question, apply);
    return json.asObject({ value, path: 'the answer' });
  };
  asking.drain(apply);
  return {
    find(request) {
      const answer = ask(request, request.type);
      const error = problemOf(request, answer);
      if (error !== undefined) return { kind: 'error', error };
      const pkg = application.packageOf(json.asString(answer.need('compartment')));
      return followKey(pkg, json.asString(answer.need('module')), request.kind);
    },
    resolve(request) {
      const answer = ask(request, '\0resolve');
      const error = problemOf(request, answer);
      if (error !== undefined) throw error;
      return json.asString(answer.need('path'));
    },
  };
};
