// Files that packages read from their own folders: served from the archive at the virtual locations of their modules.
// Other requests go to the host's `fs`, as granted.
import { descriptorMethods, handleMethods, openingMethods, readStreamOf } from './file-handles.js';
import { makeAnswer, promised, readers, withCallback } from './file-reads.js';
import { matching } from './own-glob.js';
import { ownOf } from './own-state.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Package } from '../../protocols/package.js' */
/** @import { Own } from './own-state.js' */

/**
 * @param {Own} own
 * @param {unknown} requested
 * @param {unknown} options
 * @returns {string[] | undefined} matches of globs in the package's folder; undefined if the globs refer to other
 *   folders
 */
const globbed = ({ lookup }, requested, options) => {
  const globs = (Array.isArray(requested) ? requested : [requested]).map((glob) => `${glob}`);
  const { cwd, exclude, withFileTypes } = Object(options);
  const folder = cwd === undefined ? undefined : lookup.at(cwd);
  if (globs.every((glob) => glob.startsWith('/'))) {
    const folders = globs.map((glob) =>
      glob.slice(0, glob.search(/[*?[{]|$/)).replace(/\/[^/]*$/, ''),
    );
    if (!folders.every((path) => lookup.at(path) !== undefined)) return undefined;
    const paths = folders.flatMap((path) => lookup.below(path).map((name) => `${path}/${name}`));
    return matching(new Set(paths), globs, exclude);
  }
  if (folder === undefined || withFileTypes) return undefined;
  return matching(lookup.below(folder.path), globs, exclude);
};

/**
 * @param {Own} own
 * @param {'fs' | 'fs/promises'} name
 * @param {AnyObject} host
 * @returns {AnyObject}
 */
const globMethods = (own, name, host) => {
  if (host['glob'] === undefined) return {};
  if (name === 'fs/promises') {
    async function* glob(/** @type {any[]} */ ...args) {
      yield* globbed(own, args[0], args[1]) ?? host['glob'](...args);
    }
    return { glob };
  }
  const answer = (/** @type {any[]} */ args) => {
    const value = globbed(own, args[0], args[1]);
    return value && { value };
  };
  return {
    glob: withCallback(host, 'glob', answer),
    globSync: (/** @type {any[]} */ ...args) => answer(args)?.value ?? host['globSync'](...args),
  };
};

/**
 * Watchers of files in the archive never emit changes, because the files do not change.
 *
 * @param {Own} own
 * @param {'fs' | 'fs/promises'} name
 * @param {AnyObject} host
 * @returns {AnyObject}
 */
const watchMethods = (own, name, host) => {
  const isOwn = (/** @type {unknown} */ requested) => own.lookup.at(requested)?.place !== undefined;
  if (name === 'fs/promises') {
    async function* silence(/** @type {AbortSignal | undefined} */ signal) {
      await new Promise((_resolve, reject) => {
        const end = () => reject(/** @type {AbortSignal} */ (signal).reason);
        if (signal?.aborted) end();
        signal?.addEventListener('abort', end);
      });
    }
    return {
      watch: (/** @type {unknown} */ requested, /** @type {any} */ options) =>
        isOwn(requested) ? silence(options?.signal) : host['watch'](requested, options),
    };
  }
  const inert = () => {
    const { EventEmitter } = /** @type {any} */ (own.pkg.application.powers.getBuiltin('events'));
    const emitter = new EventEmitter();
    const close = () => void queueMicrotask(() => emitter.emit('close'));
    return Object.assign(emitter, { close, ref: () => emitter, unref: () => emitter });
  };
  return {
    watch(/** @type {any[]} */ ...args) {
      if (!isOwn(args[0])) return host['watch'](...args);
      const emitter = inert();
      const listener = args.at(-1);
      if (typeof listener === 'function') emitter.on('change', listener);
      return emitter;
    },
    watchFile: (/** @type {any[]} */ ...args) =>
      isOwn(args[0]) ? inert() : host['watchFile'](...args),
    unwatchFile: (/** @type {any[]} */ ...args) =>
      isOwn(args[0]) ? undefined : host['unwatchFile'](...args),
  };
};

/**
 * @param {Own} own
 * @param {AnyObject} host `fs/promises`
 * @returns {AnyObject}
 */
const promiseMethods = (own, host) => {
  const read = readers(own);
  const answer = makeAnswer(own, read);
  const { open, isHandle } = handleMethods(own, host);
  /** @type {AnyObject} */
  const methods = {
    ...globMethods(own, 'fs/promises', host),
    ...watchMethods(own, 'fs/promises', host),
  };
  methods['open'] = open;
  for (const method of Object.keys(read)) {
    methods[method] = async (/** @type {any[]} */ ...args) => {
      if (method === 'readFile' && isHandle(args[0])) return args[0].readFile(args[1]);
      const found = answer(method, args);
      return found === undefined ? host[method](...args) : found.value;
    };
  }
  return methods;
};

/**
 * @param {Own} own
 * @param {AnyObject} host `fs`
 * @returns {AnyObject}
 */
const callbackMethods = (own, host) => {
  const read = readers(own);
  const answer = makeAnswer(own, read);
  const stream = readStreamOf(own);
  /** @type {AnyObject} */
  const methods = {
    ...descriptorMethods(own),
    ...openingMethods(own),
    ReadStream: stream,
    FileReadStream: stream,
    ...globMethods(own, 'fs', host),
    ...watchMethods(own, 'fs', host),
  };
  for (const method of Object.keys(read)) {
    methods[`${method}Sync`] = (/** @type {any[]} */ ...args) => {
      const found = answer(method, args);
      return found === undefined ? host[`${method}Sync`](...args) : found.value;
    };
    const results = ['access', 'copyFile', 'cp'].includes(method) ? () => [] : undefined;
    methods[method] = withCallback(host, method, (args) => answer(method, args), results);
  }
  for (const method of ['realpath', 'realpathSync'])
    methods[method] = Object.assign(methods[method], { native: methods[method] });
  return methods;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} host `fs`, or `fs/promises`
 * @param {'fs' | 'fs/promises'} name
 * @param {AnyObject} fs the host's `fs`
 * @returns {AnyObject} overrides for a copy of it
 */
export const ownFileMethods = (pkg, host, name, fs) => {
  const own = ownOf(pkg, fs);
  return name === 'fs' ? callbackMethods(own, host) : promiseMethods(own, host);
};
