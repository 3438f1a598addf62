// Modules that are added to an application at run time: checked like an archive.
import { InvalidArchive } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { asCompartments, checkLinks, filesOf } from './compartment-map.js';
import { decoded } from './stored-files.js';

/** @import { Json } from '../base/json-shape.js' */
/** @import { CompartmentDescriptor, CompartmentMap } from './compartment-map.js' */

/**
 * @typedef {object} Addition
 * @property {ReadonlyMap<string, CompartmentDescriptor>} compartments new ones, and new modules of known ones
 * @property {Map<string, Uint8Array>} files
 */

/**
 * @param {CompartmentDescriptor | undefined} known
 * @param {CompartmentDescriptor} more
 * @returns {CompartmentDescriptor} a new object
 */
const joined = (known, more) => {
  if (known === undefined) return more;
  if (known.label !== more.label)
    throw new InvalidArchive(`compartment ${JSON.stringify(more.location)} has another label`);
  for (const key of more.modules.keys())
    if (known.modules.has(key))
      throw new InvalidArchive(`module ${JSON.stringify(key)} of ${more.location} exists already`);
  if (more.policy !== undefined)
    throw new InvalidArchive(`compartment ${JSON.stringify(more.location)} has a policy already`);
  const modules = new Map([...known.modules, ...more.modules]);
  return { ...known, modules };
};

/**
 * @param {Json} input with `compartments` and `files`, which are in base 64
 * @param {CompartmentMap} map that they are added to; it is not changed
 * @param {(bytes: Uint8Array) => string} sha512
 * @returns {Addition} verified: no missing files, no extra files, all hashes match, and no policy that was decided changes
 */
export const parseAddition = (input, map, sha512) => {
  const members = json.asObject(input);
  const more = asCompartments(members.need('compartments'), true);
  const all = new Map(map.compartments);
  for (const [name, own] of more) all.set(name, joined(map.compartments.get(name), own));
  checkLinks({ ...map, compartments: all }, more.keys());
  const texts = json.asMapOf(members.need('files'), json.asString);
  const files = new Map([...texts].map(([name, text]) => [name, decoded(text)]));
  const expected = filesOf({ ...map, compartments: more });
  for (const [name, { path, sha512: hash }] of expected) {
    const content = files.get(name);
    if (content === undefined || sha512(content) !== hash)
      throw new InvalidArchive(`${path}: its file ${name} is missing or was changed`);
  }
  for (const name of files.keys())
    if (!expected.has(name)) throw new InvalidArchive(`the file ${name} is not in the map`);
  return { compartments: more, files };
};
