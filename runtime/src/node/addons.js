// Native addons: machine code of an archive, which Node can load from a file only.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { InvalidArchive } from '../base/errors.js';
import { isOwn, userFolder } from './code-cache.js';

/** @import { NativeFile } from '../protocols/powers.js' */

// The originals, before packages get `fs`.
const { closeSync, constants, fstatSync, lstatSync, mkdirSync, mkdtempSync } = fs;
const { openSync, readFileSync, renameSync, writeFileSync } = fs;

/** @param {Uint8Array} content */
const hashOf = (content) => createHash('sha256').update(content).digest('hex');

/**
 * @param {string} file
 * @param {string} hash
 * @returns {boolean} whether it is a file with that content
 */
const has = (file, hash) => {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      return fstatSync(descriptor).isFile() && hashOf(readFileSync(descriptor)) === hash;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
};

// As they are before packages run: a package that may set variables must not choose where machine code is stored.
const TOP = path.resolve(userFolder());
const TEMPORARY = path.resolve(os.tmpdir());

/** @type {string | undefined} */
let temporary;

/** @param {string} folder */
const isOwnFolder = (folder) => {
  const stats = lstatSync(folder);
  return stats.isDirectory() && isOwn(stats);
};

/**
 * @param {string[]} folders below the user's one
 * @returns {string} a folder that no other user can change, nor one of these in it
 */
const ownFolder = (folders) => {
  const top = path.join(TOP, 'native');
  try {
    mkdirSync(top, { recursive: true, mode: 0o700 });
    const inner = folders.flatMap((folder) => {
      mkdirSync(path.join(top, folder), { recursive: true, mode: 0o700 });
      const parts = folder.split(path.sep);
      return parts.map((_, index) => path.join(top, ...parts.slice(0, index + 1)));
    });
    if ([TOP, top, ...inner].every(isOwnFolder)) return top;
  } catch {
    // no home, or a disk that can't be written
  }
  return (temporary ??= mkdtempSync(path.join(TEMPORARY, 'compartment-mapper-')));
};

/** The name of a package as a folder. */
const PLAIN = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/;

/**
 * @param {NativeFile[]} files
 * @returns {Map<string, string>} paths by id, in folders as npm makes them
 */
const layoutOf = (files) => {
  /** @type {Map<string, string>} */
  const owners = new Map(); // compartments by group and package: two versions of one package are apart
  return new Map(
    files.map(({ id, package: name, location }) => {
      if (!PLAIN.test(name))
        throw new InvalidArchive(`${JSON.stringify(name)} is not the name of a package`);
      const owner = id.slice(0, -location.length);
      let group = 0;
      while ((owners.get(`${group}/${name}`) ?? owner) !== owner) group += 1;
      owners.set(`${group}/${name}`, owner);
      return [id, path.join(`${group}`, 'node_modules', name, location)];
    }),
  );
};

/**
 * Writes the files to a folder of the user that nobody else can change, unless they are there.
 *
 * @param {NativeFile[]} files
 * @returns {(id: string) => string} returns the path of a file
 */
const stored = (files) => {
  const layout = layoutOf(files);
  const hashes = new Map(files.map(({ id, content }) => [id, hashOf(content)]));
  const places = files.map(({ id }) => `${layout.get(id)} ${hashes.get(id)}\n`);
  const name = hashOf(Buffer.from(places.join('')));
  const folders = files.map(({ id }) => path.join(name, path.dirname(layout.get(id) ?? '')));
  const folder = path.join(ownFolder(folders), name);
  const pathOf = (/** @type {string} */ id) => path.join(folder, layout.get(id) ?? '');
  for (const { id, content } of files) {
    const file = pathOf(id);
    if (has(file, hashes.get(id) ?? '')) continue;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${randomBytes(8).toString('hex')}`;
    writeFileSync(draft, content, { mode: 0o500, flag: 'wx' });
    renameSync(draft, file);
  }
  return pathOf;
};

/**
 * @param {Record<string, string>} env of the program, as it was before any package ran
 * @returns {(file: NativeFile) => { path: string, env: Record<string, string> }} stores a program
 */
export const programsWith = (env) => (file) => ({ path: stored([file])(file.id), env });

/** @type {Map<string, object>} exports by id: a process loads a file once */
const loaded = new Map();

/**
 * @param {NativeFile[]} files of the archive
 * @param {string} id of the addon among them
 * @returns {object} its exports
 */
export const loadAddon = (files, id) => {
  const known = loaded.get(id);
  if (known !== undefined) return known;
  const module = { exports: {} };
  process.dlopen(module, stored(files)(id));
  loaded.set(id, module.exports);
  return module.exports;
};
