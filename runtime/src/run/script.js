// Starts a script created by `bundle --format script` or `module`, in a Node process or a page.
import { beginningAt, parseCompartmentMap } from '../archive/compartment-map.js';
import { makeApplication, startEntry } from '../linker/link.js';
import { namespaceOf } from '../cyclic-modules/namespace.js';
import { followExports } from './following.js';
import { filenameOfUrl } from '../base/locations.js';
import { NO_MAPS, mapsIn } from '../stacks/maps-file.js';
import {
  expectSettlement,
  mapsAt,
  reportUncaught,
  print,
  warnOfAllAuthority,
} from '../node/node-program.js';
import { prepareHost } from '../node/powers.js';
import { makeStacks } from '../stacks/stack.js';
import { storedValues } from '../archive/stored-files.js';
import { printUncaught } from '../stacks/uncaught.js';
import { hideWall } from '../node/wall.js';
import { preparePage } from '../page/web-powers.js';
import {
  makeWebWorkers,
  placeOfScript,
  startOfDedicatedWorker,
  startOfServiceWorker,
} from '../page/workers.js';
import { refuseShims } from '../shims/graph.js';
import { secure } from '../lockdown/lockdown.js';
import { secureProcess } from './shimming.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { Maps } from '../stacks/maps-file.js' */
/** @import { StoredValue } from '../archive/stored-files.js' */
/** @import { WebWorkers } from '../protocols/web-workers.js' */

/**
 * @typedef {object} ScriptData
 * @property {object | string} map compartment-map.json without hashes, parsed or as a string
 * @property {Record<string, StoredValue>} files
 * @property {string} nodeEnv value of `process.env.NODE_ENV` in a page
 * @property {string} [globalName] of the global variable for the namespace of the entry
 * @property {string} [maps] sha512 of the application; set if a source map file may exist
 * @property {string} [place] location of this script, if its source can determine it: a path or a URL
 *
 * @typedef {Record<string, (value: unknown) => void>} Exports setters, by the names of exports
 */

const ENTRY_VARIABLE = 'COMPARTMENT_MAPPER_ENTRY';

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/** @returns {boolean} whether the host is Node; a page may define its own `process` */
const isNode = () => Boolean(start.process?.versions?.node && start.process.getBuiltinModule);

/** @returns {number} number of inherited listening sockets, as in sd_listen_fds(3) */
const listeningSockets = () => Number(start.process.env['LISTEN_FDS']) || 0;

/** @typedef {ReturnType<typeof lockHost>} Host */

/**
 * @param {ScriptData} data
 * @returns {CompartmentMap}
 */
const mapOf = ({ map }) =>
  parseCompartmentMap(
    { value: typeof map === 'string' ? JSON.parse(map) : map, path: 'the map' },
    { hashed: false },
  );

/**
 * @param {ScriptData} data of the first script
 * @param {CompartmentMap} map
 * @param {boolean} isStarted whether this is a dedicated worker that a package started
 */
const lockHost = ({ nodeEnv, files }, map, isStarted) => {
  const inNode = isNode();
  if (inNode) hideWall();
  const stacks = makeStacks({ showsHost: !inNode });
  const withLocked = inNode
    ? prepareHost({ inherited: listeningSockets() })
    : preparePage({ nodeEnv, isStarted });
  if (!inNode)
    refuseShims(map, 'a page cannot see whether a shim adds proxies; run the script in Node');
  const locked = inNode
    ? secureProcess({ map, files: storedValues(files) }, stacks.prepareStackTrace)
    : secure(stacks.prepareStackTrace);
  const powers = withLocked(locked);
  if (inNode) printUncaught(stacks, print);
  return { inNode, stacks, powers };
};

/** @type {Host | undefined} */
let host;
let scripts = 0;

/** @returns {string | undefined} the requested entry, if there are several */
const chosenEntry = () => {
  if (!host?.inNode) return start.document?.currentScript?.dataset?.entry;
  const { env } = start.process;
  const entry = env[ENTRY_VARIABLE];
  delete env[ENTRY_VARIABLE]; // child processes must not inherit it
  return entry || undefined;
};

/**
 * @param {CompartmentMap} map
 * @param {WebWorkers['current']} start of a worker
 * @returns {CompartmentMap} that begins where this script does
 */
const mapBeginning = (map, start) => {
  if (start !== undefined)
    return { ...map, entry: { compartment: start.compartment, module: start.module } };
  const entry = chosenEntry();
  const begun = entry === undefined ? map : beginningAt(map, entry);
  if (begun === undefined) throw new TypeError(`there is no entry ${JSON.stringify(entry)}`);
  return begun;
};

/** @param {ScriptData} data */
const mapsInNode = ({ maps = '', place = start.process.argv[1] }) => {
  const file = place?.startsWith('file:') ? filenameOfUrl(place) : place;
  return mapsAt(maps === '' || file === undefined ? undefined : `${file}.map`, maps);
};

/**
 * A page loads source maps synchronously before the script runs, because stack traces and debuggers can't wait. So it
 * is opt-in.
 *
 * @param {ScriptData} data
 * @returns {Maps}
 */
const mapsInPage = ({ maps = '' }) => {
  const { src, dataset } = /** @type {any} */ (start.document?.currentScript) ?? {};
  const named = dataset?.sourceMap;
  if (named === undefined) return { of: NO_MAPS.of, debugged: true };
  const read = () => {
    const request = new start['XMLHttpRequest']();
    request.open('GET', new URL(named || `${src}.map`, start.document.baseURI).href, false);
    request.send();
    return request.status === 200 ? request.responseText : undefined;
  };
  return { of: mapsIn(read, maps), debugged: true };
};

/**
 * @param {ScriptData} data
 * @param {CompartmentMap} parsed
 * @param {boolean} isProgram
 * @param {WebWorkers} [webWorkers]
 */
const applicationOf = (data, parsed, isProgram, webWorkers) => {
  const { files } = data;
  scripts += 1;
  const { powers: ofFirst, stacks } = /** @type {Host} */ (host);
  const { shimmed: _shimmed, ...others } = ofFirst;
  const own = scripts > 1 ? others : ofFirst; // the modules of the first script are not those of this one
  const powers = webWorkers === undefined ? own : { ...own, webWorkers };
  const version = scripts > 1 ? `?${scripts}` : '';
  const stored = storedValues(files);
  const begun = mapBeginning(parsed, webWorkers?.current);
  const maps = host?.inNode ? mapsInNode(data) : mapsInPage(data);
  return makeApplication({
    map: begun,
    files: stored,
    powers,
    stacks,
    allowAll: false,
    version,
    maps,
    isProgram,
  });
};

/** @param {unknown} error of a page script after an await */
const reportLate = (error) => {
  if (typeof start.reportError === 'function') start.reportError(error);
  else
    setTimeout(() => {
      throw error;
    });
};

/**
 * @param {ScriptData} data
 * @param {CompartmentMap} map
 * @param {Exports | undefined} exports of a module; errors are thrown to its importer
 * @param {WebWorkers} [webWorkers]
 * @returns {Promise<void> | undefined} undefined: the entry has been evaluated
 */
const evaluateEntry = (data, map, exports, webWorkers) => {
  const isProgram = exports === undefined && scripts === 0;
  const application = applicationOf(data, map, isProgram, webWorkers);
  if (host?.inNode) warnOfAllAuthority(application.map, false);
  const { record, done } = startEntry(application);
  const finish = () => {
    if (exports !== undefined) followExports(record, exports);
    if (data.globalName !== undefined) start[data.globalName] = namespaceOf(record);
  };
  if (done !== undefined) return done.then(finish);
  finish();
  return undefined;
};

/**
 * @param {ScriptData} data
 * @param {CompartmentMap} map
 */
const runInNode = (data, map) => {
  const settled = expectSettlement();
  const failed = (/** @type {unknown} */ error) => {
    settled();
    reportUncaught(error, /** @type {Host} */ (host).stacks);
  };
  try {
    const done = evaluateEntry(data, map, undefined);
    if (done === undefined) settled();
    else void done.then(settled, failed);
  } catch (error) {
    failed(error);
  }
};

/**
 * Starts a script, synchronously up to the first await.
 *
 * @param {ScriptData} data
 * @param {Exports} [exports]
 * @returns {Promise<void> | undefined} of a module, settles after its evaluation; undefined: already evaluated
 */
export const run = (data, exports) => {
  const map = mapOf(data);
  if (host !== undefined) refuseShims(map, 'load the script with shims before other scripts');
  const awaitStart = host === undefined && !isNode() ? startOfDedicatedWorker() : undefined;
  host ??= lockHost(data, map, awaitStart !== undefined);
  if (host.inNode) {
    if (exports !== undefined) return evaluateEntry(data, map, exports);
    runInNode(data, map);
    return undefined;
  }
  const place = placeOfScript(exports === undefined ? undefined : data.place);
  /** @param {WebWorkers['current']} current */
  const evaluateWorker = (current) =>
    void evaluateEntry(data, map, undefined, makeWebWorkers(place, current))?.catch(reportLate);
  if (awaitStart !== undefined) {
    awaitStart((begun) => evaluateWorker({ ...begun, kind: 'dedicated' }));
    return undefined;
  }
  const service = startOfServiceWorker();
  if (service !== undefined) evaluateWorker({ ...service, kind: 'service' });
  else if (exports === undefined) evaluateWorker(undefined);
  else return evaluateEntry(data, map, exports, makeWebWorkers(place, undefined));
  return undefined;
};
