// `tls`, `sqlite` and sockets: no option loads machine code, and an accepted connection does not give access to
// classes that open new ones.
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
  codedError('ERR_ACCESS_DENIED', `${what} loads machine code, which compartments can't confine`);

// Methods that load an OpenSSL engine. tls, https and http2 all call them.
const ENGINES = ['setClientCertEngine', 'setEngineKey'];

/**
 * @param {object} prototype of native contexts or of other native objects
 */
export const refuseEngines = (prototype) => {
  for (const name of ENGINES) {
    if (!ownProperty(prototype, name)?.configurable) continue;
    const value = () => {
      throw refused('an OpenSSL engine');
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
 * Overrides the SQL function `fts3_tokenizer` of every connection: it takes the address of machine code as a parameter.
 *
 * @param {AnyObject} methods Node's methods of databases
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
      needStackToHarden(); // otherwise the database could be open without the override
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
 * Hardens the class of the resource object that Node passes to a parser; no global leads to it.
 *
 * Node keeps finished parsers for other connections. A request and its socket lead to their parser, which would then
 * lead to the request and socket of another package: each connection gets a new one.
 *
 * @param {AnyObject} common `_http_common`
 */
export const tameParser = ({ HTTPParser: { prototype }, parsers }) => {
  parsers.max = 0;
  parsers.list.length = 0;
  const hardening = (/** @type {Function} */ original) =>
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      withHardClass(args[1]);
      return Reflect.apply(original, this, args);
    };
  replace(prototype, 'initialize', hardening);
  withHardClass(Object.create(prototype));
};

/**
 * Hardens sessions and streams that Node creates for incoming data, when they add their first listener to themselves.
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
  // A session has its native handle when it calls `settings`; a stream gets its handle as an argument of `init`.
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
