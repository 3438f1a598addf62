// `Worker` of packages in a page: it runs a module of the application, in compartments of its own and under the same
// policies.
// https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-worker-interface
import { codedError } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { makePrivate } from '../replacements/private-state.js';
import { moduleNamed, notInArchive } from './beginnings.js';
import { defineHandlers, messageLike } from './page-events.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package } from '../protocols/package.js' */
/** @import { WebWorkers } from '../protocols/web-workers.js' */

const EXAMPLE = "new Worker(new URL('./worker.js', import.meta.url))";

/**
 * @param {Package} pkg
 * @returns {WebWorkers}
 */
export const webWorkersOf = ({ application: { powers } }) => {
  if (powers.webWorkers !== undefined) return powers.webWorkers;
  throw codedError('ERR_WORKER_UNSUPPORTED_OPERATION', 'workers are available to scripts in pages');
};

/**
 * @param {Package} pkg
 * @param {unknown} given a URL object, or a string
 * @returns {ReturnType<typeof moduleNamed>} a module that the package may load
 */
export const moduleAtUrl = (pkg, given) => {
  if (isObject(given)) return moduleNamed(pkg, given);
  const shown = `${/** @type {any} */ (given)}`;
  return shown.startsWith('file:')
    ? moduleNamed(pkg, { href: shown })
    : { target: undefined, shown };
};

/**
 * @param {Package} pkg
 * @param {any} Raw the page's class, for a package that may run any script in workers
 * @param {unknown} given
 * @param {AnyObject} options
 * @returns {any} the page's Worker
 */
const started = (pkg, Raw, given, options) => {
  const { target, shown } = moduleAtUrl(pkg, given);
  if (target === undefined) {
    if (Raw !== undefined) return new Raw(given, options);
    throw notInArchive(pkg, 'Worker', shown, EXAMPLE, 'globals');
  }
  const { name = '', credentials } = options;
  const begins = { compartment: target.pkg.name, module: target.key, starter: pkg.name };
  return webWorkersOf(pkg).start(begins, {
    name: `${name}`,
    ...(credentials !== undefined && { credentials: `${credentials}` }),
  });
};

/**
 * @param {Package} pkg
 * @param {unknown} [Raw]
 * @returns {Function}
 */
export const makePageWorkerClass = (pkg, Raw) => {
  const { EventTarget, ErrorEvent } = pkg.application.powers.globals;
  const dispatch = EventTarget.prototype.dispatchEvent;
  /** @type {ReturnType<typeof makePrivate<{ real: any }>>} */
  const { store, of: stateOf } = makePrivate();

  class Worker extends EventTarget {
    /**
     * @param {unknown} url
     * @param {AnyObject} [options]
     */
    constructor(url, options = {}) {
      super();
      const real = started(pkg, Raw, url, isObject(options) ? { ...options } : {});
      store(this, { real });
      const tell = (/** @type {Event} */ event) => Reflect.apply(dispatch, this, [event]);
      for (const type of ['message', 'messageerror'])
        real.addEventListener(type, (/** @type {any} */ event) =>
          tell(messageLike(pkg.application, event)),
        );
      real.addEventListener('error', (/** @type {any} */ event) => {
        const { message, filename, lineno, colno } = event;
        const own = new ErrorEvent('error', {
          ...{ message, filename, lineno, colno, cancelable: true },
        });
        if (!tell(own)) event.preventDefault();
      });
    }

    /**
     * @param {unknown} message
     * @param {any} [options] a list of objects to transfer, or an object with one
     */
    postMessage(message, options = []) {
      stateOf(this).real.postMessage(message, options);
    }

    terminate() {
      stateOf(this).real.terminate();
    }
  }
  defineHandlers(Worker.prototype, ['message', 'messageerror', 'error']);
  return pkg.application.hardens ? hardenHost(Worker) : Worker;
};
