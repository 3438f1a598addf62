// What `tls`, `sqlite` and sockets give to packages: no option of theirs loads machine code, and what a server was
// connected to leads to no connections of one's own.
import { ownProperty } from '../base/descriptors.js';
import { codedError } from '../base/errors.js';
import { guardedClass } from './guarded-class.js';
import { needStackToHarden } from '../base/stack-space.js';
import { replace } from '../lockdown/replace.js';
import { hardenResults, withHardClass } from '../lockdown/specimens.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

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
    if (!ownProperty(prototype, name)?.configurable) continue;
    const value = () => {
      throw refused('an engine of OpenSSL');
    };
    Object.defineProperty(prototype, name, { value, configurable: true });
  }
};

/** @param {AnyObject} tls the builtin */
export const tameTls = (tls) => {
  const { context } = tls['createSecureContext']();
  refuseEngines(Object.getPrototypeOf(context));
  withHardClass(context);
};

/**
 * A function of SQL that takes the address of machine code, from a parameter of a statement. Each connection has it.
 *
 * @param {AnyObject} methods of databases, which are Node's own
 * @returns {(database: object) => void}
 */
const makeTokenizerRefusal = ({ function: define, close }) => {
  const refuse = () => {
    throw refused("'fts3_tokenizer'");
  };
  const overloads = [
    (/** @type {any} */ _name) => refuse(),
    (/** @type {any} */ _name, /** @type {any} */ _at) => refuse(),
  ];
  return (database) => {
    try {
      for (const overload of overloads)
        Reflect.apply(define, database, ['fts3_tokenizer', overload]);
    } catch (error) {
      Reflect.apply(close, database, []);
      throw error;
    }
  };
};

/** @param {AnyObject} sqlite the builtin */
export const tameSqlite = (sqlite) => {
  const { prototype } = sqlite['DatabaseSync'];
  const refuseTokenizers = makeTokenizerRefusal(prototype);
  const DatabaseSync = guardedClass(
    sqlite['DatabaseSync'],
    ([path, options]) => {
      const given = { ...Object(options) };
      if (given.allowExtension) throw refused("'allowExtension'");
      return [path, { ...given, allowExtension: false }];
    },
    (database, [, options]) => {
      if (/** @type {AnyObject} */ (options)['open'] !== false) refuseTokenizers(database);
    },
  );
  sqlite['DatabaseSync'] = DatabaseSync;
  const { open: hostOpen } = prototype;
  const { open } = {
    /** @this {object} */
    open() {
      needStackToHarden(); // else it would be open, and not be dealt with
      Reflect.apply(hostOpen, this, []);
      refuseTokenizers(this);
    },
  };
  Object.defineProperty(prototype, 'open', { value: open });
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

/**
 * A parser has an object of Node's for what it does, of a class that no name leads to.
 *
 * @param {Function} HTTPParser
 */
export const tameParser = ({ prototype }) => {
  const hardening = (/** @type {Function} */ original) =>
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      withHardClass(args[1]);
      return Reflect.apply(original, this, args);
    };
  replace(prototype, 'initialize', hardening);
  withHardClass(Object.create(prototype));
};

/**
 * Sessions and streams are made when something comes over the network: each listens to itself first.
 *
 * @param {AnyObject} prototype of all sessions, or of all streams
 */
const hardenListening = (prototype) => {
  if (Object.hasOwn(prototype, 'on')) return;
  const { on: original } = prototype;
  const { on } = {
    /**
     * @this {object}
     * @param {unknown[]} args
     */
    on(...args) {
      withHardClass(this);
      return Reflect.apply(original, this, args);
    },
  };
  Object.defineProperty(prototype, 'on', { value: on, writable: true, configurable: true });
};

/**
 * @param {AnyObject} http2 the builtin
 * @param {Powers} powers
 */
export const tameHttp2 = (http2, { getBuiltin }) => {
  const { PassThrough } = /** @type {AnyObject} */ (getBuiltin('stream'));
  const session = http2['connect']('http://localhost', {
    createConnection: () => new PassThrough(),
  }).on('error', () => undefined);
  const client = Object.getPrototypeOf(session);
  const stream = session.request().on('error', () => undefined);
  const sessions = Object.getPrototypeOf(client);
  const streams = Object.getPrototypeOf(Object.getPrototypeOf(stream));
  hardenListening(sessions);
  hardenListening(streams);
  // When a session has its native handle, it says its settings; a stream is told of its own.
  const handleOf = (/** @type {AnyObject} */ owner) => {
    const isHandle = (/** @type {symbol} */ key) => key.description === 'kHandle';
    return owner[Object.getOwnPropertySymbols(owner).find(isHandle) ?? ''];
  };
  const init = Object.getOwnPropertySymbols(streams).find((key) => key.description === 'init');
  replace(
    sessions,
    'settings',
    (original) =>
      /** @this {AnyObject} */ function (/** @type {unknown[]} */ ...args) {
        withHardClass(handleOf(this));
        return Reflect.apply(original, this, args);
      },
  );
  if (init !== undefined)
    replace(
      streams,
      init,
      (original) =>
        /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
          withHardClass(args[1]);
          return Reflect.apply(original, this, args);
        },
    );
  hardenResults(client, ['request']);
  hardenResults(http2, ['connect', 'createServer', 'createSecureServer', 'performServerHandshake']);
  stream.destroy();
  session.destroy();
};
