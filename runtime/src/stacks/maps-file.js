// The source map file beside an archive or a script: `bundle --source-map file`; see docs/formats/source-maps.md.
import * as json from '../base/json-shape.js';
import { parseSourceMap } from './source-map.js';

/** @import { Json } from '../base/json-shape.js' */
/** @import { SourceMap } from './source-map.js' */

/**
 * @typedef {object} Maps
 * @property {(path: string) => SourceMap | undefined} of a module without an embedded map, by `COMPARTMENT/LOCATION`
 * @property {boolean} debugged whether a debugger may be attached
 */

/** @type {Maps} */
export const NO_MAPS = Object.freeze({ of: () => undefined, debugged: false });

/**
 * @param {string} text
 * @param {string} sha512 of the application
 * @returns {Map<string, Json>} empty if the file does not belong to the application: only positions in stack traces
 *   differ then
 */
const filesIn = (text, sha512) => {
  try {
    const members = json.asObject(json.parseJson(text, 'the source maps'));
    if (json.asString(members.need('sha512')) !== sha512) return new Map();
    return json.asMapOf(members.need('files'), (file) => file);
  } catch {
    return new Map();
  }
};

/**
 * @param {() => string | undefined} read called for the first map
 * @param {string} sha512 of the application
 * @returns {Maps['of']}
 */
export const mapsIn = (read, sha512) => {
  /** @type {Map<string, Json> | undefined} */
  let files;
  return (path) => {
    files ??= filesIn(read() ?? '', sha512);
    const found = files.get(path);
    try {
      return found && parseSourceMap(found);
    } catch {
      return undefined;
    }
  };
};
