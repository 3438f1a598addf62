// The archive API for embedding programs: it needs no powers, and all options are optional.
import { beginningAt } from '../archive/compartment-map.js';
import { InvalidArchive } from '../base/errors.js';
import { parseArchive as parse } from '../linker/import-archive.js';
import { refuseShims } from '../shims/graph.js';
import { importEntry, makeApplication } from '../linker/link.js';
import { restricted } from '../archive/restrict.js';

/** @import { Archive as Parsed } from '../linker/import-archive.js' */
/** @import { Host } from './host.js' */
/** @import { Locked } from './lock.js' */

/**
 * @typedef {object} ParseOptions
 * @property {string} [expectedSha512] of the archive's map, as reported by `parseArchive` and `compartment-mapper
 *   verify`
 *
 * @typedef {object} ImportOptions
 * @property {Record<string, unknown>} [globals] for the application's own package
 * @property {string} [entry] one of several entries, by the name that `inspect` prints
 * @property {object | string} [policy] restricts the policy of the archive
 *
 * @typedef {object} Application
 * @property {string} sha512 of the archive's map, which covers the whole archive
 * @property {ReadonlyArray<string>} packages canonical names, that of the application first
 * @property {(options?: ImportOptions) => Promise<{ namespace: object }>} import
 */

/**
 * @param {Uint8Array | ArrayBuffer} bytes
 * @returns {Uint8Array} a copy, which no other code can change during verification
 */
const ownBytes = (bytes) => new Uint8Array(bytes instanceof ArrayBuffer ? bytes.slice(0) : bytes);

/**
 * @param {Parsed} archive
 * @param {ImportOptions} options
 */
const mapOf = ({ map }, { entry, policy }) => {
  const begun = entry === undefined ? map : beginningAt(map, entry);
  if (begun === undefined)
    throw new InvalidArchive(`it has no entry ${JSON.stringify(entry)}`, 'see `inspect`');
  if (policy === undefined) return begun;
  return restricted(begun, typeof policy === 'string' ? policy : JSON.stringify(policy));
};

/**
 * @param {Host} host
 * @param {() => Locked} lockedRealm
 */
export const makeArchives = (host, lockedRealm) => {
  let applications = 0;

  /**
   * @param {Parsed} archive
   * @param {ImportOptions} options
   */
  const run = async (archive, options) => {
    const map = mapOf(archive, options);
    refuseShims(map, 'run the archive with `compartment-mapper run`');
    const realm = lockedRealm();
    applications += 1;
    const version = applications > 1 ? `?${applications}` : '';
    const application = makeApplication({
      map,
      files: archive.files,
      allowAll: false,
      version,
      ...realm,
    });
    Object.assign(
      application.packageOf(map.entry.compartment).compartment.globalThis,
      options.globals ?? {},
    );
    return { namespace: await importEntry(application) };
  };

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {ParseOptions} [options]
   * @returns {Promise<Application>} verified, before any of its code runs
   */
  const parseArchive = async (bytes, { expectedSha512 } = {}) => {
    const archive = parse(ownBytes(bytes), host.verifyPowers);
    if (expectedSha512 !== undefined && expectedSha512 !== archive.sha512)
      throw new InvalidArchive(`its sha512 is ${archive.sha512}, not ${expectedSha512}`);
    const { map, sha512 } = archive;
    const first = map.entry.compartment;
    const names = [first, ...[...map.compartments.keys()].filter((name) => name !== first)];
    return Object.freeze({
      sha512,
      packages: Object.freeze(names.map((name) => map.compartments.get(name)?.label ?? name)),
      import: (/** @type {ImportOptions} */ options = {}) => run(archive, options),
    });
  };

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {ParseOptions & ImportOptions} [options]
   */
  const importArchive = async (bytes, options = {}) => {
    const application = await parseArchive(bytes, options);
    return application.import(options);
  };

  return { parseArchive, importArchive };
};
