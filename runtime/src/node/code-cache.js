// The code cache: compiled code of V8 on disk. V8 trusts cached code, so a file is used only if no other user can
// have written it and if it is complete. Without a cache everything works, but slower.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { crc32 } from 'node:zlib';

/**
 * @typedef {object} CodeCache
 * @property {(name: string) => Buffer | undefined} read undefined: missing or not trusted
 * @property {(name: string, content: Uint8Array) => void} write atomic; a failure has no effect
 */

const CHECKSUM_SIZE = 4;
const MEBIBYTE = 1024 * 1024;
const MAX_TOTAL = 128 * MEBIBYTE;
const SUFFIX = '.v8';
const OTHERS_WRITE = 0o022;

/**
 * @param {Uint8Array} content
 * @returns {Buffer} detects damage; file permissions protect against tampering
 */
const checksum = (content) => {
  const sum = Buffer.alloc(CHECKSUM_SIZE);
  sum.writeUInt32LE(crc32(content));
  return sum;
};

/**
 * V8 rejects cached code of other versions or flags.
 *
 * @param {...(string | Uint8Array)} parts everything that determines the compiled code
 * @returns {string} the cache key
 */
export const cacheName = (...parts) => {
  const { version, arch, execArgv, env } = process;
  const hash = createHash('sha256');
  hash.update([version, arch, ...execArgv, env['NODE_OPTIONS'] ?? '', ''].join('\0'));
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** @returns {string} the user's cache folder */
const userCaches = () => {
  const { env, platform } = process;
  const home = os.homedir();
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches');
  if (platform === 'win32') return env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local');
  const named = env['XDG_CACHE_HOME'] ?? '';
  // The XDG Base Directory Specification: relative paths must be ignored.
  return path.isAbsolute(named) ? named : path.join(home, '.cache');
};

/** @returns {string} the same folder as that of the command line */
export const userFolder = () =>
  process.env['COMPARTMENT_MAPPER_CACHE'] || path.join(userCaches(), 'compartment-mapper');

/**
 * @param {fs.Stats} stats
 * @returns {boolean} whether it belongs to this user and no other user can write it
 */
export const isOwn = ({ uid, mode }) =>
  process.getuid === undefined || (uid === process.getuid() && (mode & OTHERS_WRITE) === 0);

/** @param {string} folder */
const isOwnFolder = (folder) => {
  const stats = fs.lstatSync(folder);
  return stats.isDirectory() && isOwn(stats);
};

/** @param {string} file */
const readOwn = (file) => {
  const { O_RDONLY, O_NOFOLLOW = 0 } = fs.constants;
  const descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW);
  try {
    const stats = fs.fstatSync(descriptor);
    return stats.isFile() && isOwn(stats) ? fs.readFileSync(descriptor) : undefined;
  } finally {
    fs.closeSync(descriptor);
  }
};

/**
 * Deletes the oldest files beyond the size limit.
 *
 * @param {string} folder
 */
const evictOldest = (folder) => {
  const files = fs
    .readdirSync(folder)
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, stats: fs.statSync(file) }))
    .sort((a, b) => b.stats.mtimeMs - a.stats.mtimeMs);
  let total = 0;
  for (const { file, stats } of files) {
    total += stats.size;
    if (total > MAX_TOTAL) fs.rmSync(file, { force: true });
  }
};

/**
 * @param {string} file
 * @param {Uint8Array} content
 */
const writeWhole = (file, content) => {
  const temporary = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    fs.writeFileSync(temporary, Buffer.concat([checksum(content), content]), {
      ...{ mode: 0o600, flag: 'wx' },
    });
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
};

/**
 * @template T
 * @param {() => T} attempt
 * @returns {T | undefined} undefined: the file system failed, which must not affect the program
 */
const unlessRefused = (attempt) => {
  try {
    return attempt();
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).syscall === undefined) throw error;
    return undefined;
  }
};

/**
 * @param {Buffer | undefined} content of a file
 * @returns {Buffer | undefined} undefined: damaged
 */
const wholeBody = (content) => {
  if (content === undefined || content.length < CHECKSUM_SIZE) return undefined;
  const body = content.subarray(CHECKSUM_SIZE);
  return checksum(body).equals(content.subarray(0, CHECKSUM_SIZE)) ? body : undefined;
};

/**
 * The cache of a process that may not open files: it gets descriptors for reading, and writes nothing.
 *
 * @param {{ own: number | undefined, archive: number | undefined }} descriptors
 * @returns {CodeCache} with the keys of the descriptors as names
 */
export const openedCode = (descriptors) => ({
  read: (name) =>
    unlessRefused(() => {
      const descriptor = descriptors[/** @type {keyof typeof descriptors} */ (name)];
      if (descriptor === undefined || crc32 === undefined) return undefined;
      const content = fs.readFileSync(descriptor);
      fs.closeSync(descriptor);
      return wholeBody(content);
    }),
  write: () => undefined,
});

/**
 * @param {{ own: string, archive: string }} files in one folder
 * @returns {CodeCache} an empty cache that only writes
 */
export const cachedCode = (files) => ({
  read: () => undefined,
  write: (name, content) =>
    unlessRefused(() => {
      const file = files[/** @type {keyof typeof files} */ (name)];
      writeWhole(file, content);
      evictOldest(path.dirname(file));
    }),
});

/** @returns {CodeCache | undefined} undefined: no trusted folder */
export const openCodeCache = () => {
  if (crc32 === undefined) return undefined; // Node before 20.15
  const top = userFolder();
  if (!path.isAbsolute(top)) return undefined;
  const folder = path.join(top, 'code');
  const usable = unlessRefused(() => {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOwnFolder(top) && isOwnFolder(folder);
  });
  if (!usable) return undefined;
  const fileOf = (/** @type {string} */ name) => path.join(folder, `${name}${SUFFIX}`);
  return {
    read: (name) => unlessRefused(() => wholeBody(readOwn(fileOf(name)))),
    write: (name, content) =>
      unlessRefused(() => {
        writeWhole(fileOf(name), content);
        evictOldest(folder);
      }),
  };
};
