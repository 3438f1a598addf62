// Opened files of the archive: descriptors, file handles and read streams.
import { sharingOf } from '../../taming/host-tame.js';
import { needReading, optionsOf } from '../../taming/fs-open.js';
import { ownFunction } from '../../views/view.js';
import { promised, withCallback } from './file-reads.js';
import { makeHandle } from './own-descriptors.js';
import { absolutePath, notPacked } from './own-places.js';
import { PROMISIFIED } from './own-state.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Own } from './own-state.js' */

/**
 * Methods of `fs` that take a descriptor.
 *
 * @param {Own} own
 * @returns {AnyObject}
 */
export const descriptorMethods = ({ descriptors, fs }) => {
  /** @type {Record<string, { call: (fd: unknown, args: any[]) => any, result?: (value: any) => unknown, results?: (value: any) => unknown[] }>} */
  const calls = {
    close: { call: (fd) => descriptors.close(fd), results: () => [] },
    fstat: { call: (fd, [options]) => descriptors.stat(fd, options) },
    read: {
      call: (fd, args) => descriptors.read(fd, args),
      result: ({ bytesRead }) => bytesRead,
      results: ({ bytesRead, buffer }) => [bytesRead, buffer],
    },
    readv: {
      call: (fd, [buffers, position]) => descriptors.readv(fd, buffers, position),
      result: ({ bytesRead }) => bytesRead,
      results: ({ bytesRead, buffers }) => [bytesRead, buffers],
    },
  };
  /** @type {AnyObject} */
  const methods = {};
  for (const [
    method,
    { call, result = (/** @type {any} */ value) => value, results },
  ] of Object.entries(calls)) {
    const answer = (/** @type {any[]} */ [fd, ...args]) =>
      descriptors.isOwn(fd) ? { value: call(fd, args) } : undefined;
    methods[`${method}Sync`] = (/** @type {any[]} */ ...args) => {
      const found = answer(args);
      return found === undefined ? fs[`${method}Sync`](...args) : result(found.value);
    };
    methods[method] = withCallback(fs, method, answer, results);
    if (results !== undefined && result({ bytesRead: 0 }) === 0)
      methods[method][PROMISIFIED] = async (/** @type {any[]} */ ...args) =>
        answer(args)?.value ?? fs[method][PROMISIFIED]?.(...args) ?? promised(fs[method], args);
  }
  return methods;
};

/**
 * `fs.ReadStream`. Packages such as graceful-fs replace the `open` of its instances, so the descriptor may be of the
 * host or of the archive.
 *
 * @param {Own} own
 * @returns {Function}
 */
export const readStreamOf = ({ pkg, fs, lookup, descriptors, streamed }) => {
  /** @type {(key: string) => (fd: unknown, ...args: unknown[]) => unknown} */
  const byDescriptor =
    (key) =>
    (fd, ...args) =>
      (descriptors.isOwn(fd) ? streamed : fs)[key](fd, ...args);
  const functions = Object.freeze({
    open: (
      /** @type {unknown} */ path,
      /** @type {unknown} */ flags,
      /** @type {any[]} */ ...args
    ) => {
      if (lookup.at(path) !== undefined) return streamed['open'](path, flags, ...args);
      needReading(flags, fs['constants']);
      return fs['open'](path, flags, ...args);
    },
    read: byDescriptor('read'),
    close: byDescriptor('close'),
  });
  const host = sharingOf(pkg.application)(fs['ReadStream']);
  const own = ownFunction(host, ([path, requested]) => {
    const options = optionsOf(requested);
    const { fd } = options;
    const isHosts = fd !== undefined && fd !== null && !descriptors.isOwn(fd);
    if (options.fs || isHosts) return [path, requested];
    return [absolutePath(path) ?? path, { ...options, fs: functions }];
  });
  return Object.defineProperties(own, {
    name: { value: host.name },
    length: { value: host.length },
  });
};

/**
 * @param {Own} own
 * @returns {AnyObject} methods of `fs` that open files or check their existence
 */
export const openingMethods = (own) => {
  const { fs, lookup, descriptors, pkg } = own;
  const opened = (/** @type {any[]} */ args) => {
    const value = descriptors.open(args[0], args[1]);
    return value === undefined ? undefined : { value };
  };
  const isThere = (/** @type {unknown} */ path) => {
    const found = lookup.at(path);
    return found && found.place !== undefined;
  };
  const exists = (/** @type {unknown} */ path, /** @type {Function} */ done) => {
    const own = typeof done === 'function' ? isThere(path) : undefined;
    return own === undefined ? fs['exists'](path, done) : queueMicrotask(() => done(own));
  };
  exists[PROMISIFIED] = async (/** @type {unknown} */ path) =>
    isThere(path) ?? fs['existsSync'](path);
  return {
    exists,
    existsSync: (/** @type {unknown} */ path) => isThere(path) ?? fs['existsSync'](path),
    openSync: (/** @type {any[]} */ ...args) => opened(args)?.value ?? fs['openSync'](...args),
    open: withCallback(fs, 'open', opened),
    createReadStream(/** @type {unknown} */ path, /** @type {any} */ requested) {
      const options = optionsOf(requested);
      const isOwn = descriptors.isOwn(options.fd);
      const { fd } = options;
      if (!isOwn && ((fd !== undefined && fd !== null) || lookup.at(path) === undefined))
        return fs['createReadStream'](path, requested);
      return own.stream(absolutePath(path) ?? path, options);
    },
    openAsBlob: async (/** @type {unknown} */ path, /** @type {any} */ options) => {
      const found = lookup.at(path);
      if (found === undefined) return fs['openAsBlob'](path, options);
      if (found.place === undefined) throw notPacked(pkg, 'open', found.path);
      const { Blob } = /** @type {any} */ (pkg.application.powers.globals);
      return new Blob([own.contentOf(found.place, found.path)], { type: `${options?.type ?? ''}` });
    },
  };
};

/**
 * @param {Own} own
 * @param {AnyObject} host
 * @returns {AnyObject}
 */
export const handleMethods = ({ descriptors, decoded, stream, pkg, lookup }, host) => {
  /** @type {WeakSet<object>} */
  const handles = new WeakSet();
  const tools = {
    decoded,
    globals: pkg.application.powers.globals,
    stream: (/** @type {number} */ fd, /** @type {any} */ options) =>
      stream(descriptors.pathOf(fd), { ...options, fd }),
  };
  return {
    async open(/** @type {any[]} */ ...args) {
      const fd = lookup.at(args[0]) && descriptors.open(args[0], args[1]);
      if (fd === undefined) return host['open'](...args);
      const handle = makeHandle(fd, descriptors, tools);
      handles.add(handle);
      return handle;
    },
    isHandle: (/** @type {unknown} */ value) => handles.has(/** @type {object} */ (value)),
  };
};
