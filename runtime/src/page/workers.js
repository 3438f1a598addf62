// The script that a page loaded, as a worker: it starts another module of the application there.
import { codedError } from '../base/errors.js';
import { isObject } from '../base/objects.js';

/** @import { WebWorkers, WorkerStart } from '../protocols/web-workers.js' */

/**
 * @typedef {object} ScriptPlace where a worker can load the script from
 * @property {() => string} url
 * @property {'classic' | 'module'} type
 * @property {boolean} isFetched whether the URL is one of a server
 */

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/** The fragment of the script's URL in a worker that waits for its start. */
const WAITS = '#compartment-mapper';
/** Part of the query of the script's URL in a service worker: it must listen before any message can arrive. */
const STARTS = 'compartment-mapper-start';

/** @param {string} name of a class of global objects */
const isInRealmOf = (name) => typeof start[name] === 'function' && start instanceof start[name];

/**
 * @param {unknown} value
 * @returns {WorkerStart}
 */
const asStart = (value) => {
  if (isObject(value)) {
    const { compartment, module, starter } = value;
    if ([compartment, module, starter].every((name) => typeof name === 'string'))
      return { compartment, module, starter };
  }
  throw new TypeError('the first message of a worker must say what it starts');
};

/**
 * Waits for the start of a worker. The listener must be added before the realm is locked down and packages run.
 *
 * @returns {((begin: (start: WorkerStart) => void) => void) | undefined} undefined in a realm that is no such worker
 */
export const startOfDedicatedWorker = () => {
  if (!isInRealmOf('DedicatedWorkerGlobalScope') || start.location.hash !== WAITS) return undefined;
  /** @type {((start: WorkerStart) => void) | undefined} */
  let begun;
  start.addEventListener(
    'message',
    (event) => {
      event.stopImmediatePropagation();
      begun?.(asStart(event.data));
    },
    { once: true },
  );
  return (begin) => void (begun = begin);
};

/** @returns {WorkerStart | undefined} undefined in a realm that is no such worker */
export const startOfServiceWorker = () => {
  if (!isInRealmOf('ServiceWorkerGlobalScope')) return undefined;
  const given = new URLSearchParams(start.location.search).get(STARTS);
  return given === null ? undefined : asStart(JSON.parse(given));
};

/** @param {string} url */
const withoutFragment = (url) => url.replace(/#.*$/s, '');

/** @param {string} source */
const blobOf = (source) =>
  URL.createObjectURL(new Blob([source], { type: 'text/javascript;charset=utf-8' }));

/**
 * Must be called while the script is evaluated.
 *
 * @param {string | undefined} url of a script that is a module
 * @returns {ScriptPlace | undefined} undefined if it can't be determined
 */
export const placeOfScript = (url) => {
  if (url !== undefined) {
    const own = withoutFragment(url);
    return { url: () => own, type: 'module', isFetched: true };
  }
  if (start.document === undefined) {
    const own = withoutFragment(start.location.href);
    return { url: () => own, type: 'classic', isFetched: !own.startsWith('blob:') };
  }
  const element = /** @type {any} */ (start.document.currentScript);
  if (element === null || element === undefined) return undefined;
  const src = withoutFragment(element.src ?? '');
  /** @type {string | undefined} */
  let made;
  if (!src) {
    const text = element.textContent;
    return { url: () => (made ??= blobOf(text)), type: 'classic', isFetched: false };
  }
  if (new URL(src).origin === start.origin)
    return { url: () => src, type: 'classic', isFetched: true };
  // A page can't start a worker with a script of another origin; a worker can import one.
  const source = `importScripts(${JSON.stringify(src)})`;
  return { url: () => (made ??= blobOf(source)), type: 'classic', isFetched: false };
};

/** @param {string} remedy */
const noPlace = (remedy) =>
  codedError('ERR_WORKER_PATH', `the runtime can't determine the URL of its script: ${remedy}`);

/**
 * @param {ScriptPlace | undefined} place
 * @param {WebWorkers['current']} current
 * @returns {WebWorkers}
 */
export const makeWebWorkers = (place, current) => {
  const { Worker } = start;
  return {
    current,
    start(begins, options) {
      if (place === undefined)
        throw noPlace(
          'load it with <script src="app.js"> without type="module", or build it with --format module',
        );
      const given = /** @type {WorkerOptions} */ ({ ...options, type: place.type });
      const worker = new Worker(`${place.url()}${WAITS}`, given);
      worker.postMessage(begins);
      return worker;
    },
    serviceScript(begins) {
      if (!place?.isFetched)
        throw noPlace('a service worker needs a script with a URL of the origin of the page');
      const url = new URL(place.url());
      url.searchParams.set(STARTS, JSON.stringify(begins));
      return url.href;
    },
  };
};
