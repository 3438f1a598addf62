// Loads an archive: verifies all of it before any code runs.
import limits from '../../../compartment_mapper/limits.json' with { type: 'json' };
import { InvalidArchive } from '../base/errors.js';
import { MAP_NAME, filesOf, parseCompartmentMap } from '../archive/compartment-map.js';
import { parseJson, utf8 } from '../base/json-shape.js';
import { importEntry, makeApplication } from './link.js';
import { storedBytes } from '../archive/stored-files.js';
import { readZip } from '../archive/zip-reader.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { Stacks } from '../stacks/stack.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { ZipPowers } from '../archive/zip-reader.js' */
/** @import { Recorder, Report } from '../protocols/audit.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {ZipPowers & { sha512: (bytes: Uint8Array) => string }} VerifyPowers
 *
 * @typedef {object} Archive
 * @property {CompartmentMap} map
 * @property {StoredFiles} files except the map
 * @property {string} sha512 of the map, which covers the whole archive
 */

/**
 * Limits the number of JSON values, because each takes memory, however short it is.
 *
 * @param {Uint8Array} bytes of the map
 */
const checkSize = (bytes) => {
  if (bytes.length > limits.map) throw new InvalidArchive(`${MAP_NAME} is larger than 16 MiB`);
  if (bytes.length <= limits.values) return; // each takes at least one byte
  let values = 0;
  for (const byte of bytes) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) values += 1;
  if (values > limits.values)
    throw new InvalidArchive(`${MAP_NAME} has more than ${limits.values} values`);
};

/**
 * @param {Uint8Array} bytes
 * @param {VerifyPowers} powers
 * @returns {Archive} verified: no missing files, no extra files, all hashes match
 */
export const parseArchive = (bytes, powers) => {
  const files = readZip(bytes, powers);
  const mapBytes = files.get(MAP_NAME);
  if (mapBytes === undefined) throw new InvalidArchive(`there is no ${MAP_NAME} in it`);
  checkSize(mapBytes);
  const map = parseCompartmentMap(parseJson(utf8(mapBytes, MAP_NAME), MAP_NAME));
  const expected = filesOf(map);
  for (const [name, { path, sha512 }] of expected) {
    const content = files.get(name);
    if (content === undefined)
      throw new InvalidArchive(`${path}: its file ${name} is not in the archive`);
    if (powers.sha512(content) !== sha512) {
      throw new InvalidArchive(`${path}: its file ${name} was changed (sha512 differs)`);
    }
  }
  files.delete(MAP_NAME);
  for (const name of files.keys()) {
    if (!expected.has(name)) throw new InvalidArchive(`the file ${name} is not in the map`);
  }
  return { map, files: storedBytes(files), sha512: powers.sha512(mapBytes) };
};

/**
 * @param {Archive} archive
 * @param {object} options
 * @param {Powers} options.powers
 * @param {Stacks} options.stacks
 * @param {boolean} [options.allowAll] grant all capabilities to every package
 * @param {Recorder} [options.audit] record denied capabilities instead of throwing
 * @param {Report | undefined} [options.report]
 * @param {import('../stacks/maps-file.js').Maps} [options.maps]
 * @param {boolean} [options.isProgram] whether the process runs only the application
 * @param {() => void} [options.onLinked] called before evaluation
 * @returns {Promise<object>} the namespace of the entry module
 */
export const importArchive = ({ map, files }, { onLinked, ...options }) =>
  importEntry(makeApplication({ map, files, allowAll: false, ...options }), onLinked);
