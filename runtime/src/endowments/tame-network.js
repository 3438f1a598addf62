// What `tls`, `sqlite` and sockets give to packages: no option of theirs loads machine code, and what a server was
// connected to leads to no connections of one's own.
import { codedError } from '../errors.js';
import { guardedClass } from './guarded-class.js';

/** @import { AnyObject } from '../attenuate.js' */

/** @param {string} what */
const refused = (what) =>
  codedError('ERR_ACCESS_DENIED', `${what} loads machine code, which no compartment holds`);

// What an OpenSSL engine is loaded with. All of tls, https and http2 come to these.
const ENGINES = ['setClientCertEngine', 'setEngineKey'];

/**
 * @param {object} prototype of native contexts, or of something else
 */
export const refuseEngines = (prototype) => {
  for (const name of ENGINES) {
    if (!Reflect.getOwnPropertyDescriptor(prototype, name)?.configurable) continue;
    const value = () => {
      throw refused('an engine of OpenSSL');
    };
    Object.defineProperty(prototype, name, { value, configurable: true });
  }
};

/** @param {AnyObject} tls the builtin */
export const tameTls = (tls) => {
  refuseEngines(Object.getPrototypeOf(tls['createSecureContext']().context));
};

/** @param {AnyObject} sqlite the builtin */
export const tameSqlite = (sqlite) => {
  const DatabaseSync = guardedClass(sqlite['DatabaseSync'], ([path, options]) => {
    const given = { ...Object(options) };
    if (given.allowExtension) throw refused("'allowExtension'");
    return [path, { ...given, allowExtension: false }];
  });
  sqlite['DatabaseSync'] = DatabaseSync;
  for (const name of ['enableLoadExtension', 'loadExtension']) {
    const value = () => {
      throw refused(`'${name}'`);
    };
    if (name in DatabaseSync['prototype'])
      Object.defineProperty(DatabaseSync['prototype'], name, { value });
  }
};

/**
 * Instances lead to a class that makes none: who is granted the class has it by its own name.
 *
 * @param {AnyObject} owner a builtin
 * @param {string[]} names of classes
 */
export const hideConstructors = (owner, names) => {
  for (const name of names) {
    const { prototype } = owner[name] ?? {};
    if (prototype === undefined) continue;
    const { [name]: value } = {
      [name]: function () {
        throw codedError('ERR_ACCESS_DENIED', `${name} is not made by what an instance leads to`);
      },
    };
    Object.defineProperty(/** @type {Function} */ (value), 'prototype', { value: prototype });
    const { enumerable = false } = Object.getOwnPropertyDescriptor(prototype, 'constructor') ?? {};
    Object.defineProperty(prototype, 'constructor', {
      ...{ value, enumerable, writable: true, configurable: true },
    });
  }
};
